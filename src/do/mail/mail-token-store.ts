import { createHash } from "node:crypto";
import type { MailPurpose } from "../../jwt/mail-token.js";

/** What a token was sent for. */
export interface MailTokenRow {
  /** The address that it was sent to. */
  readonly email: string;
  /** When its link expires, in milliseconds since the epoch. */
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

/** Tokens that were used, until their links would have expired: a call whose reply was lost is repeated with its token. */
export const usedMailTokenSchema = `
  CREATE TABLE IF NOT EXISTS _used_mail_tokens (
    digest TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/** A mail that is sent again has another token, since none is kept. So many of one purpose stay good. */
const LIVE = 3;

/** The tokens that are out in mails. Only digests are stored: who reads the storage can use none of them. */
export interface MailTokenStore {
  add(purpose: MailPurpose, secret: string, token: MailTokenRow, now: number): void;
  /** What a token is good for, without using it. */
  peek(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** Uses a token up. Call it in the transaction of its effect: of any number of tries, one gets an answer. */
  consume(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** Whether any token of a purpose can be used now. */
  isValid(purpose: MailPurpose, now: number): boolean;
  /** Whether a token was made for a mail that was handed to the app's hook since the last `forget`. */
  isIssued(purpose: MailPurpose): boolean;
  /** What was sent before is good no more. */
  forget(purpose: MailPurpose): void;
  /** Remembers a token that `consume` returned. Call it in the same transaction, after `forgetUsed`, which would delete it. */
  rememberUsed(purpose: MailPurpose, secret: string, token: MailTokenRow): void;
  /** Returns a token that was used, until its link would have expired. */
  findUsed(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  forgetUsed(purpose: MailPurpose): void;
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
        LIVE,
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
    forget: (purpose) => void sql.exec("DELETE FROM _mail_tokens WHERE purpose = ?", purpose),

    rememberUsed(purpose, secret, { email, expiresAt }) {
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
    forgetUsed: (purpose) => void sql.exec("DELETE FROM _used_mail_tokens WHERE purpose = ?", purpose),
  };
}

function toToken(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): MailTokenRow | undefined {
  const [row] = rows.toArray();
  return row && { email: String(row["email"]), expiresAt: Number(row["expires_at"]) };
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
