import type { MailKind } from "./mail-message.js";

/** Mails of one kind to one address within an hour. */
const OF_A_KIND = 3;

/** Mails of all kinds together, except those with a limit of their own. */
const TOTAL = 7;

/**
 * Kinds with a limit of their own, which mails of other kinds cannot use up: the owner of an address needs them to get back
 * into the account, and the answer to a stranger's request must not depend on other mails. With three of each, an address
 * gets at most 13 mails an hour, and at most 10 without a verified account.
 */
const KINDS_WITH_OWN_LIMIT: readonly MailKind[] = ["resetPassword", "confirmDevice"];

/** The first mail of these kinds always fits into the total, so that mails of other kinds cannot prevent it. */
const KINDS_WITH_RESERVED_MAIL: readonly MailKind[] = [
  "verifyEmail",
  "passwordChanged",
  "emailChanged",
  "accountDeleted",
];

/**
 * Whether an address may get another mail of a kind.
 *
 * @param recent the kinds of the mails of the last hour
 */
export function isWithinMailLimits(kind: MailKind, recent: readonly MailKind[]): boolean {
  if (recent.filter((each) => each === kind).length >= OF_A_KIND) return false;
  if (KINDS_WITH_OWN_LIMIT.includes(kind)) return true;
  const total = recent.filter((each) => !KINDS_WITH_OWN_LIMIT.includes(each)).length;
  const reserved = KINDS_WITH_RESERVED_MAIL.filter((each) => each !== kind && !recent.includes(each)).length;
  return total + reserved < TOTAL;
}
