import { readRefreshToken } from "../../jwt/refresh-token.js";
import type { SessionEffect } from "../../shared/call.js";
import { NO_USER } from "../../shared/user-header.js";
import type { Refusal } from "../gate/refusal.js";
import type { Identity } from "./authenticate.js";

/** The id of the user that a request's cookies belong to; {@link NO_USER} when nobody is signed in. */
export function sessionUserOf(identity: Identity): string {
  if (identity.type === "expired") return identity.claims.userId;
  return identity.type === "authenticated" && identity.caller.type === "user" ? identity.caller.userId : NO_USER;
}

/** The id of the user that the browser's cookies belong to after it has the response. */
export function sessionUserAfter(effect: SessionEffect | undefined, identity: Identity): string {
  if (effect === undefined) return sessionUserOf(identity);
  return (effect && readRefreshToken(effect.refreshToken)?.userId) ?? NO_USER;
}

/**
 * Refuses a request that a page makes for one user while the browser has the cookies of another. All tabs share the cookies,
 * and another tab may have signed in after the page was loaded.
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
  message: "Your session has ended. Sign in, then try again.",
  reason: "SESSION_ENDED",
};

const sessionChanged: Refusal = {
  code: "UNAUTHORIZED",
  message: "Another user has signed in to this browser. Reload the page, then try again.",
  reason: "SESSION_CHANGED",
};
