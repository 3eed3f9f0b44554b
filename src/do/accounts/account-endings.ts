import type { MailPurpose } from "../../jwt/mail-token.js";
import { MAIL } from "../outbox/outbox-store.js";
import type { AccountParts } from "./account-parts.js";
import { emailObjectName } from "./email-object-name.js";

/** What happens to an account and ends links that were caused before. */
export type AccountEvent =
  | "emailVerified"
  | "emailChanged"
  | "passwordChanged"
  | "passwordReset"
  | "signedOutEverywhere"
  | "accountDeleted";

/**
 * The links that end with an event: those in mails that were sent, and those in mails that still wait in the outbox. With
 * the link to a new address the pending change itself ends. A link that verifies the account's own address survives a
 * new password, because it shows who reads the mail and gives no access.
 */
const endings: Readonly<Record<AccountEvent, readonly MailPurpose[]>> = {
  emailVerified: ["verifyEmail"],
  emailChanged: ["verifyEmail", "resetPassword", "changeEmail"],
  passwordChanged: ["resetPassword", "changeEmail"],
  passwordReset: ["resetPassword", "changeEmail"],
  signedOutEverywhere: ["resetPassword", "changeEmail"],
  accountDeleted: ["verifyEmail", "resetPassword", "changeEmail"],
};

type Parts = Pick<AccountParts, "userId" | "identity" | "mailTokens" | "outbox" | "pendingChanges">;

/**
 * Ends what was caused before an event, and frees the address that a pending change reserved. Call it inside the
 * transaction of the event, after the pending change was committed if the event commits one.
 */
export function endEarlierLinks(
  { userId, identity, mailTokens, outbox, pendingChanges }: Parts,
  event: AccountEvent,
): void {
  for (const purpose of endings[event]) {
    mailTokens.forget(purpose);
    mailTokens.forgetUsed(purpose);
    outbox.withdraw(MAIL, purpose);
  }
  const pending = endings[event].includes("changeEmail") ? pendingChanges.read() : undefined;
  if (!pending) return;
  pendingChanges.delete();
  const target = emailObjectName(identity().secrets.index, pending.email);
  outbox.post({ target, kind: "releaseAddress", payload: { userId, operationId: pending.operationId } });
}
