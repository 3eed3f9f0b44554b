import { z } from "zod";
import { byteLength } from "../../shared/byte-length.js";
import { canonicalEmail } from "../../shared/email-address.js";
import { normalizePassword } from "../../shared/normalize-password.js";
import { inputIssue } from "../input-issue.js";

/** Maximum bytes of a normalized password. A longer password would only take longer to hash. */
const PASSWORD_BYTES = 256;
/**
 * Maximum bytes of a password as typed, because normalizing a long text is slow. Normalization can shrink a text to a third
 * of its bytes.
 */
const TYPED_BYTES = 1_024;

/** Whether a password is short enough in its normalized form. */
const isShortEnough = (typed: string): boolean =>
  byteLength(typed) <= TYPED_BYTES && byteLength(normalizePassword(typed)) <= PASSWORD_BYTES;
const tooLong = inputIssue(
  "PASSWORD_TOO_LONG",
  `Password must be at most ${PASSWORD_BYTES} characters, or fewer with accents or emoji.`,
);
const tooShort = inputIssue("PASSWORD_TOO_SHORT", "Password must be at least 8 characters.");
const malformed = inputIssue(
  "PASSWORD_MALFORMED",
  "This password has a character that cannot be stored. Choose another password.",
);
const missing = "Enter a password.";

/** An email address. The output is canonical: see {@link canonicalEmail}. */
export const emailInput = z.string("Enter an email address.").transform((value, context) => {
  const email = canonicalEmail(value);
  if (email !== undefined) return email;
  const { error, params } = inputIssue("EMAIL_INVALID", "Enter a valid email address.");
  context.addIssue({ code: "custom", message: error, params });
  return z.NEVER;
});

/**
 * A new password. It is not trimmed. Its length is that of its normalized form, so that every device accepts the same
 * passwords; the hash normalizes it again.
 */
export const newPasswordInput = z
  .string(missing)
  .refine(isShortEnough, { ...tooLong, abort: true })
  .refine((value) => normalizePassword(value).length >= 8, tooShort)
  // UTF-8 encodes every lone surrogate as the same bytes, so two different passwords would be equal.
  .refine((value) => value.isWellFormed(), malformed);

/** An existing password. Earlier versions limited the bytes of new passwords as typed, so both limits are accepted. */
export const passwordInput = z
  .string(missing)
  .refine((value) => byteLength(value) <= PASSWORD_BYTES || isShortEnough(value), tooLong);

/** Where the reply has the tokens: in cookies for browsers, or in the body for other clients. */
export const tokensInput = z.enum(["cookies", "body"]).optional();

/** Reads only the address of an input, which determines the object to call. The procedure validates the whole input. */
export const addressedInput = z.looseObject({ email: emailInput });

/** The token of a mailed link. The user's object verifies it. */
export const mailTokenInput = z.string().max(512, "This link is not valid. Request a new one.");

/** A mailed link: its token, and the kind of mail that the page expects. */
export const mailedLinkInput = z.strictObject({
  token: mailTokenInput,
  purpose: z.enum(["verifyEmail", "resetPassword", "changeEmail", "confirmDevice"]),
});

/** Reads only the token of an input, which determines the object to call. */
export const tokenInput = z.looseObject({ token: mailTokenInput });
