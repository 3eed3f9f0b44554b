import { ReasonedError } from "../reasoned-error.js";

/** The error of a new account for an address that has one. */
export function emailTaken(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_TAKEN",
    message: "This email address already has an account. Sign in instead.",
  });
}
