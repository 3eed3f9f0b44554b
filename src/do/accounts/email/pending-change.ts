/** A change of address that waits for its link to be opened. */
export interface PendingEmailChange {
  readonly operationId: string;
  readonly email: string;
}

/** The pending change of an account's address: one row, or none. */
export interface PendingEmailChangeStore {
  read(): PendingEmailChange | undefined;
  /** Replaces the pending change, if there is one. */
  write(change: PendingEmailChange): void;
  delete(): void;
}

export const emailChangeSchema = `
  CREATE TABLE IF NOT EXISTS _email_change (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    operation_id TEXT NOT NULL,
    email TEXT NOT NULL
  ) STRICT`;

export function createPendingEmailChangeStore(sql: SqlStorage): PendingEmailChangeStore {
  return {
    read() {
      const [row] = sql.exec("SELECT operation_id, email FROM _email_change").toArray();
      return row && { operationId: String(row["operation_id"]), email: String(row["email"]) };
    },
    write({ operationId, email }) {
      sql.exec("INSERT OR REPLACE INTO _email_change (only, operation_id, email) VALUES (1, ?, ?)", operationId, email);
    },
    delete: () => void sql.exec("DELETE FROM _email_change"),
  };
}
