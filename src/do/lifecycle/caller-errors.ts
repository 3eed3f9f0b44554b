import { ReasonedError } from "../../router/reasoned-error.js";
import { suspensionMessage } from "../../shared/suspension.js";

/** The caller's session has ended. The reply clears its cookies. */
export class SessionEnded extends ReasonedError {
  constructor(message = "Your session has ended. Sign in again.") {
    super({ code: "UNAUTHORIZED", reason: "SESSION_ENDED", message });
  }
}

/** An operator has suspended the caller's account. Its sessions have ended, so the reply clears their cookies. */
export class AccountSuspended extends ReasonedError {
  /** @param until when the suspension ends by itself; `null` if it does not, `undefined` if this object does not know */
  constructor(until?: Date | null) {
    super({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED", message: suspensionMessage(until) });
  }
}

/**
 * For a call of a session that a new password replaced, while the reply that carries the new session may be lost or on
 * its way. Unlike `SessionEnded` it clears no cookies, and the client does not treat it as a sign-out: the call can be
 * repeated.
 */
export function sessionReplaced(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    message: "The password was changed, so this session has ended. Sign in with the new password.",
    reason: "PASSWORD_CHANGED",
  });
}

/** For a call about a user who never signed up, or whose account was deleted. */
export function userNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "USER_NOT_FOUND",
    message: "This user does not exist. Check the `userId`.",
  });
}
