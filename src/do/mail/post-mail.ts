import { MAIL } from "../messaging/outbox-heads.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { MailKind } from "./mail-message.js";

/** A message as it waits in the outbox: without its token, which exists nowhere but in the mail. */
export interface WaitingMail {
  readonly to: string;
  /** For a mail with a link: until when it is to be good. */
  readonly expiresAt?: number;
  /** The invitation that the mail is about. The mailer of invitations reads it. */
  readonly invitation?: unknown;
}

/** Puts a mail into the outbox. Call it inside the transaction of its cause. */
export function postMail(outbox: Pick<Outbox, "post">, kind: MailKind, mail: WaitingMail): void {
  outbox.post({ target: MAIL, kind, payload: mail, expiresAt: mail.expiresAt });
}

/** A newer version stored the mail. It waits until that version is deployed again. */
export function unknownMail(kind: string): Error {
  return new Error(`This version does not know mails of the kind "${kind}".`);
}
