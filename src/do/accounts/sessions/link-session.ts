import { ReasonedError } from "../../../router/reasoned-error.js";
import type { Caller } from "../../../shared/caller.js";

/**
 * Refuses a link to an address that is opened without a session of its account. Anybody can enter somebody else's
 * address, and the owner of that address must not confirm it for them by opening a link.
 */
export function sessionNeeded(caller: Caller, userId: string): ReasonedError {
  const isOther = caller.type === "user" && caller.userId !== userId;
  return new ReasonedError({
    code: isOther ? "FORBIDDEN" : "UNAUTHORIZED",
    reason: "LINK_NEEDS_SESSION",
    message: isOther
      ? "You are signed in to another account. Sign in to the account that asked for this link, then confirm the address. If it was not you, reject the address."
      : "Sign in to the account that asked for this link, then confirm the address. If it was not you, reject the address.",
  });
}
