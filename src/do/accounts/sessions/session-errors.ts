import { ReasonedError } from "../../../router/reasoned-error.js";
import type { Caller } from "../../../shared/caller.js";

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

/**
 * For a link to an address that is opened without a session of its account. Anybody can enter another person's address,
 * and that person must not confirm it for the account by opening the link.
 */
export function sessionNeeded(caller: Caller, userId: string): ReasonedError {
  const isOther = caller.type === "user" && caller.userId !== userId;
  return new ReasonedError({
    code: isOther ? "FORBIDDEN" : "UNAUTHORIZED",
    reason: "LINK_NEEDS_SESSION",
    message: isOther
      ? "You are signed in to another account. Sign in to the account that asked for this link, then confirm the address. If you did not ask for it, reject the address."
      : "Sign in to the account that asked for this link, then confirm the address. If you did not ask for it, reject the address.",
  });
}
