import { TRPCError } from "@trpc/server";
import { readMailToken, type MailPurpose } from "../../jwt/mail-token.js";
import { INVALID_LINK } from "../../shared/mail-link.js";
import { postMail } from "../mail/post-mail.js";
import type { AccountParts } from "./account-parts.js";

const HOUR = 60 * 60_000;
/** To one address, of one kind. */
const RATE = { limit: 3, per: HOUR };

/** How long the link of a mail is good, in milliseconds. */
export const lifetimes: Readonly<Record<MailPurpose, number>> = {
  verifyEmail: 24 * HOUR,
  resetPassword: HOUR,
  changeEmail: HOUR,
};

type Parts = Pick<AccountParts, "rates" | "mailTokens" | "outbox">;

/**
 * Mails a link, and makes those that were mailed before worthless. Call it inside the transaction of its cause.
 *
 * @returns whether it may: `false` after three in an hour
 */
export function mailLink({ rates, mailTokens, outbox }: Parts, purpose: MailPurpose, to: string): boolean {
  const now = Date.now();
  if (!rates.take(`${purpose} ${to}`, RATE, now)) return false;
  mailTokens.forget(purpose);
  postMail(outbox, purpose, { to, expiresAt: now + lifetimes[purpose] });
  return true;
}

/**
 * The secret of a token that was mailed by this user's object for this purpose.
 *
 * @throws TRPCError BAD_REQUEST for any other
 */
export async function secretOf(
  { userId, identity }: Pick<AccountParts, "userId" | "identity">,
  purpose: MailPurpose,
  text: string,
): Promise<string> {
  const { secrets, binding } = identity();
  const token = await readMailToken(text, { secrets: secrets.jwt, audience: binding });
  if (token?.purpose !== purpose || token.userId !== userId) throw invalidLink();
  return token.secret;
}

export function invalidLink(): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message: INVALID_LINK });
}

export function tooManyMails(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message:
      "Three mails of this kind were sent to this address within the last hour. Look for the newest, or try again later.",
  });
}
