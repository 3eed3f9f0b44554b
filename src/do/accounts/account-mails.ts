import { readMailToken, type MailPurpose } from "../../jwt/mail-token.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import { invalidLink } from "../../router/auth/invalid-link.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { LinkKind, NoticeKind } from "../mail/mail-message.js";
import { postMail } from "../mail/post-mail.js";
import type { UpgradedStorage } from "../tables/schema/framework-schema.js";
import type { AccountDeps } from "./account-deps.js";
import type { AccountRow } from "./account-store.js";

const HOUR = 60 * 60_000;

/** How long the link of a mail is valid, in milliseconds. */
export const linkLifetimes: Readonly<Record<MailPurpose, number>> = {
  verifyEmail: 24 * HOUR,
  resetPassword: HOUR,
  changeEmail: HOUR,
  // An address gets three of these links an hour. If no link is valid, another one can therefore be sent.
  confirmDevice: HOUR / 3,
};

type LinkDeps = Pick<AccountDeps, "mailTokens" | "outbox">;

/**
 * Mails a link, and invalidates the earlier ones. Call it inside the transaction of its cause, after the object of the
 * address has counted the mail.
 */
export function mailLink({ mailTokens, outbox }: LinkDeps, purpose: MailPurpose & LinkKind, to: string): void {
  mailTokens.delete(purpose);
  postMail(outbox, purpose, { to, expiresAt: Date.now() + linkLifetimes[purpose] });
}

/**
 * Mails a notice to the account's address, if it is verified: anybody can sign up with another person's address. Call it
 * inside the transaction of its cause. The notice is counted when it is sent.
 */
export function mailNotice(
  { outbox }: Pick<AccountDeps, "outbox">,
  kind: NoticeKind,
  { email, emailVerified }: Pick<AccountRow, "email" | "emailVerified">,
): void {
  if (emailVerified) postMail(outbox, kind, { to: email });
}

/**
 * Asks the object of an address to count a mail to it.
 *
 * @param id repeated calls with the same id count once
 * @returns whether the mail may be sent
 */
export async function countMail(
  identity: () => AppIdentity,
  {
    to,
    kind,
    id,
  }: {
    readonly to: string;
    readonly kind: NoticeKind | "verifyEmail" | "resetPassword" | "confirmDevice";
    readonly id: string;
  },
): Promise<boolean> {
  const { namespace, secrets } = identity();
  const stub = stubOf(namespace, await emailObjectAddress(secrets.index, to));
  return (await sendInternal(stub, { op: "countMail", kind, id })).ok;
}

/**
 * Returns the secret of a token that this user's object mailed for this purpose.
 *
 * @throws TRPCError BAD_REQUEST (LINK_INVALID) for any other token
 */
export async function readLinkSecret(
  { userId, identity }: Pick<AccountDeps, "userId" | "identity">,
  purpose: MailPurpose,
  text: string,
): Promise<string> {
  const { secrets, binding } = identity();
  const token = await readMailToken(text, { secrets: secrets.jwt, audience: binding });
  if (token?.purpose !== purpose || token.userId !== userId) throw invalidLink();
  return token.secret;
}

/** Differs from an invalid link, so that a user who lost the reply can see that the first call took effect. */
export function usedLink(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "LINK_USED",
    message: "This link was already used. If you did not use it, request a new one.",
  });
}

export function tooManyMails(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_MAILS",
    message: "Several emails were sent to this address within the last hour. Open the newest one, or try again later.",
  });
}

/** Deletes the counts of mails that an earlier version kept here, by address. Idempotent. */
export function deleteOldMailRates({ sql }: UpgradedStorage): void {
  sql.exec("DELETE FROM _rate_log WHERE name LIKE '%@%'");
}
