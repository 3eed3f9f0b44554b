import { ReasonedError } from "../reasoned-error.js";

/** The error is the same for another user's session, so that it does not show whether the session exists. */
export function sessionNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "SESSION_NOT_FOUND",
    message: "This session does not exist or has ended. Reload the list of your sessions.",
  });
}
