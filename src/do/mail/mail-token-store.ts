import { createHash } from "node:crypto";
import type { MailPurpose } from "../../jwt/mail-token.js";

/** A token that was sent in a mail. */
export interface MailTokenRow {
  /** The address that the mail was sent to. */
  readonly email: string;
  /** When the link expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

export const mailTokenSchema = `
  CREATE TABLE IF NOT EXISTS _mail_tokens (
    digest TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT`;

/** Used tokens, until their links would have expired. A client that lost the reply repeats its call with a used token. */
export const usedMailTokenSchema = `
  CREATE TABLE IF NOT EXISTS _used_mail_tokens (
    digest TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/** How many tokens per purpose are valid at once. Each mail has a token of its own, also when the same mail is sent again. */
const MAX_VALID = 3;

/** Stores the tokens of mails that were sent. Only digests are stored, so a reader of the storage cannot use the tokens. */
export interface MailTokenStore {
  add(purpose: MailPurpose, secret: string, token: MailTokenRow, now: number): void;
  /** Returns a valid token without using it; `undefined` if it is not valid. */
  peek(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** Deletes a valid token and returns it. Call it in the transaction of its effect, so that a token takes effect once. */
  consume(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** Whether any token of a purpose is valid now. */
  isValid(purpose: MailPurpose, now: number): boolean;
  /** Whether a token of a purpose was created since the last `delete`, expired ones included. */
  isIssued(purpose: MailPurpose): boolean;
  /** Invalidates all tokens of a purpose. */
  delete(purpose: MailPurpose): void;
  /** Stores a token that `consume` returned. Call it in the same transaction, after `deleteUsed`, which would delete it. */
  addUsed(purpose: MailPurpose, secret: string, token: MailTokenRow): void;
  /** Returns a token that was used, until its link would have expired. */
  findUsed(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  deleteUsed(purpose: MailPurpose): void;
}

export function createMailTokenStore(sql: SqlStorage): MailTokenStore {
  const find = (table: string, purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined =>
    toToken(
      sql.exec(
        `SELECT email, expires_at FROM ${table} WHERE digest = ? AND purpose = ? AND expires_at > ?`,
        digestOf(secret),
        purpose,
        now,
      ),
    );

  return {
    add(purpose, secret, { email, expiresAt }, now) {
      sql.exec("DELETE FROM _mail_tokens WHERE expires_at <= ?", now);
      sql.exec(
        "INSERT INTO _mail_tokens (digest, purpose, email, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        digestOf(secret),
        purpose,
        email,
        now,
        expiresAt,
      );
      sql.exec(
        `DELETE FROM _mail_tokens WHERE purpose = ? AND rowid NOT IN (
          SELECT rowid FROM _mail_tokens WHERE purpose = ? ORDER BY rowid DESC LIMIT ?
        )`,
        purpose,
        purpose,
        MAX_VALID,
      );
    },
    peek: (purpose, secret, now) => find("_mail_tokens", purpose, secret, now),
    consume: (purpose, secret, now) =>
      toToken(
        sql.exec(
          "DELETE FROM _mail_tokens WHERE digest = ? AND purpose = ? AND expires_at > ? RETURNING email, expires_at",
          digestOf(secret),
          purpose,
          now,
        ),
      ),
    isValid: (purpose, now) =>
      sql.exec("SELECT 1 FROM _mail_tokens WHERE purpose = ? AND expires_at > ?", purpose, now).toArray().length > 0,
    isIssued: (purpose) => sql.exec("SELECT 1 FROM _mail_tokens WHERE purpose = ?", purpose).toArray().length > 0,
    delete: (purpose) => void sql.exec("DELETE FROM _mail_tokens WHERE purpose = ?", purpose),

    addUsed(purpose, secret, { email, expiresAt }) {
      sql.exec("DELETE FROM _used_mail_tokens WHERE expires_at <= ?", Date.now());
      sql.exec(
        "INSERT OR REPLACE INTO _used_mail_tokens (digest, purpose, email, expires_at) VALUES (?, ?, ?, ?)",
        digestOf(secret),
        purpose,
        email,
        expiresAt,
      );
    },
    findUsed: (purpose, secret, now) => find("_used_mail_tokens", purpose, secret, now),
    deleteUsed: (purpose) => void sql.exec("DELETE FROM _used_mail_tokens WHERE purpose = ?", purpose),
  };
}

function toToken(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): MailTokenRow | undefined {
  const [row] = rows.toArray();
  return row && { email: String(row["email"]), expiresAt: Number(row["expires_at"]) };
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
