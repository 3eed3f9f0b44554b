/** Which user an address belongs to, or is about to. */
export interface EmailPointer {
  readonly state: "reserved" | "committed";
  readonly userId: string;
  /** The sign-up that reserved it. */
  readonly operationId: string;
}

/** The one row of an e-mail index object. */
export interface EmailPointerStore {
  read(): EmailPointer | undefined;
  reserve(userId: string, operationId: string, reservation: Reservation): void;
  /** Leaves a reservation alone until then. */
  postpone(until: number): void;
  commit(): void;
  /** What only an address that is not committed yet still has to know. */
  reservation(): Reservation | undefined;
}

export interface Reservation {
  readonly email: string;
  /** When to ask what became of it: milliseconds since the epoch. */
  readonly until: number;
}

export function createEmailPointerStore(sql: SqlStorage, isBorn: () => boolean): EmailPointerStore {
  const row = () => (isBorn() ? sql.exec("SELECT * FROM _pointer").toArray()[0] : undefined);
  return {
    read() {
      const stored = row();
      return (
        stored && {
          state: stored["committed"] === 1 ? "committed" : "reserved",
          userId: String(stored["user_id"]),
          operationId: String(stored["operation_id"]),
        }
      );
    },
    reserve(userId, operationId, { email, until }) {
      sql.exec("INSERT OR REPLACE INTO _pointer VALUES (1, ?, ?, ?, ?, 0)", userId, operationId, email, until);
    },
    postpone: (until) => void sql.exec("UPDATE _pointer SET until = ? WHERE committed = 0", until),
    commit() {
      sql.exec("UPDATE _pointer SET committed = 1, email = NULL, until = NULL");
    },
    reservation() {
      const { email, until } = row() ?? {};
      return typeof email === "string" ? { email, until: Number(until) } : undefined;
    },
  };
}

export const emailPointerSchema = `
  CREATE TABLE IF NOT EXISTS _pointer (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    user_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    email TEXT,
    until INTEGER,
    committed INTEGER NOT NULL
  ) STRICT`;
