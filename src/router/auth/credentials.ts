import { z } from "zod";
import { byteLength } from "../../shared/byte-length.js";
import { canonicalEmail } from "../../shared/email-address.js";
import { normalizePassword } from "../../shared/normalize-password.js";
import { passwordIssue } from "../password-issue.js";

/** Most bytes of a password in its normalized form. A longer one would only cost time to hash. */
const PASSWORD_BYTES = 256;
/**
 * Most bytes of a password as typed: normalizing a longer text could take long. A form that is not normalized takes up to
 * three times as many bytes.
 */
const TYPED_BYTES = 1_024;

/** Whether a password is short enough in its normalized form. */
const isShortEnough = (typed: string): boolean =>
  byteLength(typed) <= TYPED_BYTES && byteLength(normalizePassword(typed)) <= PASSWORD_BYTES;
const tooLong = passwordIssue(
  "PASSWORD_TOO_LONG",
  `Password must be at most ${PASSWORD_BYTES} characters, or fewer with accents or emoji.`,
);
const tooShort = passwordIssue("PASSWORD_TOO_SHORT", "Password must be at least 8 characters.");
const malformed = passwordIssue(
  "PASSWORD_MALFORMED",
  "This password has a character that cannot be stored. Choose another password.",
);
const missing = "Enter a password.";

/** An e-mail address, canonical: see {@link canonicalEmail}. */
export const emailInput = z.string().transform((value, context) => {
  const email = canonicalEmail(value);
  if (email !== undefined) return email;
  context.addIssue({ code: "custom", message: "Enter a valid e-mail address." });
  return z.NEVER;
});

/**
 * A password for a new account. Not trimmed; its Unicode form is normalized where it is hashed. Its length is that of the
 * normalized form, so that every device accepts the same passwords.
 */
export const newPasswordInput = z
  .string(missing)
  .refine(isShortEnough, { ...tooLong, abort: true })
  .refine((value) => normalizePassword(value).length >= 8, tooShort)
  // Half a character has no bytes of its own: two such passwords would count as the same.
  .refine((value) => value.isWellFormed(), malformed);

/** A password to be checked. Earlier versions limited new passwords as typed, so that limit is accepted as well. */
export const passwordInput = z
  .string(missing)
  .refine((value) => byteLength(value) <= PASSWORD_BYTES || isShortEnough(value), tooLong);

/** Where the tokens go: into cookies, which is for browsers, or into the body, for any other client. */
export const tokensInput = z.enum(["cookies", "body"]).optional();

/** What an input must have for its call to find the object of an address; the rest is the procedure's to check. */
export const addressedInput = z.looseObject({ email: emailInput });

/** The token in a mail's link. What it is worth, the object of its user says. */
export const mailTokenInput = z.string().max(512);

/** A mailed link to check: its token, and the `kind` of the mail that the page is for. */
export const mailedLinkInput = z.strictObject({
  token: mailTokenInput,
  purpose: z.enum(["verifyEmail", "resetPassword", "changeEmail", "confirmDevice"]),
});

/** What an input must have for its call to find the object that a token came from. */
export const tokenInput = z.looseObject({ token: mailTokenInput });
