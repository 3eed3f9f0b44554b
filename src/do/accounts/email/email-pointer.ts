/** The user of an address, or the user for whom it is reserved. */
export interface EmailPointer {
  readonly state: "reserved" | "committed";
  readonly userId: string;
  /** The sign-up or change that reserved the address. */
  readonly operationId: string;
  /** Whether a sign-up reserved the address. The user does not exist before the commit. */
  readonly isNewUser: boolean;
  /** Whether a change is being confirmed, because the link that was mailed to the address was opened. */
  readonly isConfirming: boolean;
}

/** The part of a pointer that exists until the commit. */
export interface Reservation {
  readonly email: string;
  /** When the alarm resolves the reservation, in milliseconds since the epoch. */
  readonly until: number;
}

/** Stores the pointer of an email index object: one row, or none. */
export interface EmailPointerStore {
  read(): EmailPointer | undefined;
  reserve(pointer: Omit<EmailPointer, "state">, reservation: Reservation): void;
  /** Sets the time at which the alarm resolves the reservation. */
  postpone(until: number): void;
  commit(): void;
  /** Returns the reservation, if the pointer is not committed. */
  reservation(): Reservation | undefined;
  /** Of a committed sign-up: when its reservation would have expired. `undefined` for any other pointer. */
  signedUpUntil(): number | undefined;
  delete(): void;
}

export const emailPointerSchema = `
  CREATE TABLE IF NOT EXISTS _pointer (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    user_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    is_new_user INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    email TEXT,
    until INTEGER
  ) STRICT`;

/**
 * The values of the column `is_new_user`: the operation that reserved the address. The previous version reads 2 like 0. It
 * inserts rows without naming columns, so an additional column would make its sign-ups fail after a rollback.
 */
const reservedBy = { change: 0, signUp: 1, confirmedChange: 2 } as const;

export function createEmailPointerStore(sql: SqlStorage, isInitialized: () => boolean): EmailPointerStore {
  const row = () => (isInitialized() ? sql.exec("SELECT * FROM _pointer").toArray()[0] : undefined);
  return {
    read() {
      const stored = row();
      return (
        stored && {
          state: stored["committed"] === 1 ? "committed" : "reserved",
          userId: String(stored["user_id"]),
          operationId: String(stored["operation_id"]),
          isNewUser: stored["is_new_user"] === reservedBy.signUp,
          isConfirming: stored["is_new_user"] === reservedBy.confirmedChange,
        }
      );
    },
    reserve({ userId, operationId, isNewUser, isConfirming }, { email, until }) {
      sql.exec(
        `INSERT OR REPLACE INTO _pointer (only, user_id, operation_id, is_new_user, committed, email, until)
         VALUES (1, ?, ?, ?, 0, ?, ?)`,
        userId,
        operationId,
        isNewUser ? reservedBy.signUp : isConfirming ? reservedBy.confirmedChange : reservedBy.change,
        email,
        until,
      );
    },
    postpone: (until) => void sql.exec("UPDATE _pointer SET until = ? WHERE committed = 0", until),
    commit: () =>
      void sql.exec("UPDATE _pointer SET committed = 1, email = NULL, until = CASE is_new_user WHEN 1 THEN until END"),
    reservation() {
      const { email, until } = row() ?? {};
      return typeof email === "string" ? { email, until: Number(until) } : undefined;
    },
    signedUpUntil() {
      const { committed, until } = row() ?? {};
      // Earlier versions deleted the time with the commit.
      return committed === 1 && typeof until === "number" ? until : undefined;
    },
    delete: () => void sql.exec("DELETE FROM _pointer"),
  };
}
