import { MAIL } from "../messaging/outbox-heads.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { MailKind } from "./mail-message.js";

/** The payload of a mail in the outbox. It has no token, because tokens exist only in the mails themselves. */
export interface PendingMail {
  readonly to: string;
  /**
   * When the link expires, in milliseconds since the epoch.
   * @default the mail has no link that expires
   */
  readonly expiresAt?: number;
  /** The invitation of an invitation mail. Only the mailer of invitations reads it. */
  readonly invitation?: unknown;
}

/** Adds a mail to the outbox. Call it inside the transaction of its cause. */
export function postMail(outbox: Pick<Outbox, "post">, kind: MailKind, mail: PendingMail): void {
  outbox.post({ target: MAIL, kind, payload: mail, expiresAt: mail.expiresAt });
}

/** The error for a mail that a newer version stored. The mail stays in the outbox until that version is deployed again. */
export function unknownMail(kind: string): Error {
  return new Error(`This version does not know mails of the kind "${kind}".`);
}
