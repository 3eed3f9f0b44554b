import { createHash } from "node:crypto";
import type { MailPurpose } from "../../jwt/mail-token.js";

/** What a token was sent for. */
export interface MailTokenRow {
  /** The address that it was sent to. */
  readonly email: string;
}

export const mailTokenSchema = `
  CREATE TABLE IF NOT EXISTS _mail_tokens (
    digest TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT`;

/** A mail that is sent again has another token, since none is kept. So many of one purpose stay good. */
const LIVE = 3;

/** The tokens that are out in mails. Only digests are stored: who reads the storage can use none of them. */
export interface MailTokenStore {
  add(purpose: MailPurpose, secret: string, token: MailTokenRow & { expiresAt: number }, now: number): void;
  /** What a token is good for, without using it. */
  peek(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** Uses a token up. Call it in the transaction of its effect: of any number of tries, one gets an answer. */
  consume(purpose: MailPurpose, secret: string, now: number): MailTokenRow | undefined;
  /** What was sent before is good no more. */
  forget(purpose: MailPurpose): void;
}

export function createMailTokenStore(sql: SqlStorage): MailTokenStore {
  return {
    add(purpose, secret, { email, expiresAt }, now) {
      sql.exec("DELETE FROM _mail_tokens WHERE expires_at <= ?", now);
      sql.exec("INSERT INTO _mail_tokens VALUES (?, ?, ?, ?, ?)", digestOf(secret), purpose, email, now, expiresAt);
      sql.exec(
        `DELETE FROM _mail_tokens WHERE purpose = ? AND rowid NOT IN (
          SELECT rowid FROM _mail_tokens WHERE purpose = ? ORDER BY rowid DESC LIMIT ?
        )`,
        purpose,
        purpose,
        LIVE,
      );
    },
    peek(purpose, secret, now) {
      const [row] = sql
        .exec(
          "SELECT email FROM _mail_tokens WHERE digest = ? AND purpose = ? AND expires_at > ?",
          digestOf(secret),
          purpose,
          now,
        )
        .toArray();
      return row && { email: String(row["email"]) };
    },
    consume(purpose, secret, now) {
      const [row] = sql
        .exec(
          "DELETE FROM _mail_tokens WHERE digest = ? AND purpose = ? AND expires_at > ? RETURNING email",
          digestOf(secret),
          purpose,
          now,
        )
        .toArray();
      return row && { email: String(row["email"]) };
    },
    forget: (purpose) => void sql.exec("DELETE FROM _mail_tokens WHERE purpose = ?", purpose),
  };
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
