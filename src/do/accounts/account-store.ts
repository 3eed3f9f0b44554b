import type { User } from "../../shared/account.js";

/** The account as its row holds it. */
export interface AccountRow extends User {
  readonly passwordHash: string;
  /** The sign-up that made it: asked again, the same sign-up finds its own work done. */
  readonly operationId: string;
}

/** The account of the user whose object this is: one row, or none before sign-up. */
export interface AccountStore {
  read(): AccountRow | undefined;
  insert(account: AccountRow): void;
  setPasswordHash(hash: string): void;
}

export const accountSchema = `
  CREATE TABLE IF NOT EXISTS _account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    operation_id TEXT NOT NULL
  ) STRICT`;

export function createAccountStore(sql: SqlStorage): AccountStore {
  return {
    read() {
      const [row] = sql.exec("SELECT * FROM _account").toArray();
      return row && toAccount(row);
    },
    insert({ id, email, emailVerified, createdAt, passwordHash, operationId }) {
      sql.exec(
        "INSERT INTO _account VALUES (1, ?, ?, ?, ?, ?, ?)",
        id,
        email,
        Number(emailVerified),
        createdAt.getTime(),
        passwordHash,
        operationId,
      );
    },
    setPasswordHash(hash) {
      sql.exec("UPDATE _account SET password_hash = ?", hash);
    },
  };
}

/** Only what the user may see: the row also holds the hash. */
export function toUser({ id, email, emailVerified, createdAt }: AccountRow): User {
  return { id, email, emailVerified, createdAt };
}

function toAccount(row: Record<string, SqlStorageValue>): AccountRow {
  return {
    id: String(row["id"]),
    email: String(row["email"]),
    emailVerified: row["email_verified"] === 1,
    createdAt: new Date(Number(row["created_at"])),
    passwordHash: String(row["password_hash"]),
    operationId: String(row["operation_id"]),
  };
}
