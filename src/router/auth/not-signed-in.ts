import { ReasonedError } from "../reasoned-error.js";

/** The error of a call without a valid session. */
export function notSignedIn(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "NOT_SIGNED_IN",
    message: "You are not signed in. Sign in and try again.",
  });
}
