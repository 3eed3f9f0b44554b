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
  /** Reserves the address. Gives the object its schema when it has none. */
  reserve(userId: string, operationId: string, email: string): void;
  commit(): void;
  /** The address, which only a reservation still has to know. */
  reservedEmail(): string | undefined;
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
    reserve(userId, operationId, email) {
      sql.exec("INSERT OR REPLACE INTO _pointer VALUES (1, ?, ?, ?, 0)", userId, operationId, email);
    },
    commit() {
      sql.exec("UPDATE _pointer SET committed = 1, email = NULL");
    },
    reservedEmail() {
      const email = row()?.["email"];
      return typeof email === "string" ? email : undefined;
    },
  };
}

export const emailPointerSchema = `
  CREATE TABLE _pointer (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    user_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    email TEXT,
    committed INTEGER NOT NULL
  ) STRICT`;
