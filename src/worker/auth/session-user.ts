import { readRefreshToken } from "../../jwt/refresh-token.js";
import type { SessionEffect } from "../../shared/call.js";
import { NO_USER } from "../../shared/session-user.js";
import type { Refusal } from "../gate/refusal.js";
import type { Identity } from "./authenticate.js";

/** The id of the user that a request's cookies belong to; {@link NO_USER} when nobody is signed in. */
export function sessionUserOf(identity: Identity): string {
  if (identity.type === "lapsed") return identity.claims.userId;
  return identity.type === "known" && identity.caller.type === "user" ? identity.caller.userId : NO_USER;
}

/** The id of the user that the browser's cookies belong to once it has the reply. */
export function sessionUserAfter(effect: SessionEffect | undefined, identity: Identity): string {
  if (effect === undefined) return sessionUserOf(identity);
  return (effect && readRefreshToken(effect.refreshToken)?.userId) ?? NO_USER;
}

/**
 * Refuses a request that a page made for one user while the browser has the cookies of another. All tabs share the
 * cookies, and the browser adds them when it sends the request: another tab may have signed in since.
 *
 * @param expected the user that the request names; `undefined` if it names none
 */
export function refusalOfOtherUser(expected: string | undefined, identity: Identity): Refusal | undefined {
  const actual = sessionUserOf(identity);
  if (expected === undefined || expected === actual) return undefined;
  return actual === NO_USER ? sessionEnded : sessionChanged;
}

const sessionEnded: Refusal = {
  code: "UNAUTHORIZED",
  message: "The session that this call was made in has ended. Sign in and make the call again.",
};

const sessionChanged: Refusal = {
  code: "UNAUTHORIZED",
  message: "Another user has signed in since this page made the call. Reload the page and make the call again.",
  reason: "SESSION_CHANGED",
};
