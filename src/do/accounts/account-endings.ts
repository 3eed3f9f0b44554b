import type { MailPurpose } from "../../jwt/mail-token.js";
import { emailAddressOf } from "../../shared/email-index.js";
import { toName } from "../../shared/owner.js";
import { MAIL } from "../outbox/outbox-store.js";
import type { AccountParts } from "./account-parts.js";
import type { PendingChange } from "./pending-change.js";

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
 * Prepares to end what was caused before an event: finds the address that a pending change reserved.
 *
 * @returns the function that ends it. Call it inside the transaction of the event, after the pending change was committed
 * if the event commits one.
 */
export async function prepareEnding(parts: Parts, event: AccountEvent): Promise<() => void> {
  const { userId, identity, mailTokens, outbox, pendingChanges } = parts;
  const found = endings[event].includes("changeEmail") ? pendingChanges.read() : undefined;
  const target = found && toName(await emailAddressOf(identity().secrets.index, found.email));

  /** A change that began after the preparation ends too. Its reservation runs out by itself. */
  function endChange(pending: PendingChange): void {
    pendingChanges.delete();
    if (target === undefined || pending.operationId !== found?.operationId) return;
    outbox.post({ target, kind: "releaseAddress", payload: { userId, operationId: pending.operationId } });
  }

  return () => {
    for (const purpose of endings[event]) {
      mailTokens.forget(purpose);
      mailTokens.forgetUsed(purpose);
      outbox.withdraw(MAIL, purpose);
    }
    const pending = endings[event].includes("changeEmail") ? pendingChanges.read() : undefined;
    if (pending) endChange(pending);
  };
}
