import type { MailKind } from "./mail-message.js";

/** Mails of one kind to one address within an hour. */
const OF_A_KIND = 3;

/** Mails of all kinds but `resetPassword` together. With three resets, an address gets at most ten mails an hour. */
const TOTAL_WITHOUT_RESETS = 7;

/**
 * The first mail of these kinds always fits into the total, so that mails of other kinds cannot prevent it. Resets have a
 * limit of their own, so that the answer to a request for one depends on nothing but earlier requests.
 */
const RESERVED: readonly MailKind[] = ["verifyEmail", "passwordChanged", "emailChanged", "accountDeleted"];

/**
 * Whether an address may get another mail of a kind.
 *
 * @param recent the kinds of the mails of the last hour
 */
export function isWithinMailLimits(kind: MailKind, recent: readonly MailKind[]): boolean {
  if (recent.filter((each) => each === kind).length >= OF_A_KIND) return false;
  if (kind === "resetPassword") return true;
  const total = recent.filter((each) => each !== "resetPassword").length;
  const reserved = RESERVED.filter((each) => each !== kind && !recent.includes(each)).length;
  return total + reserved < TOTAL_WITHOUT_RESETS;
}
