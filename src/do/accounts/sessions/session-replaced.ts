import { ReasonedError } from "../../../router/reasoned-error.js";

/**
 * For a call of a session that a new password replaced, if the reply that carries the new session may have been lost or be
 * on its way. It clears no cookies, and the client does not treat it as a sign-out: the call can be repeated.
 */
export function sessionReplaced(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    message: "The password was changed, so this session has ended. Sign in with the new password.",
    reason: "PASSWORD_CHANGED",
  });
}
