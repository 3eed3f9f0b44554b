import { parseCookie } from "cookie";
import { limits } from "../../shared/limits.js";
import { cookiePairs } from "./cookie-pairs.js";
import type { Credentials } from "./gate-result.js";
import { GateRefusal } from "./refusal.js";

const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/**
 * Reads the bearer token or, without one, the cookies. A client that sends a token acts by it alone: a cookie that
 * its browser adds must not make it someone else.
 *
 * @param isOwnCookie whether a cookie's name is one of this app's; all other cookies are ignored
 * @throws Refused BAD_REQUEST
 */
export function readCredentials(headers: Headers, isOwnCookie: (name: string) => boolean): Credentials {
  const authorization = headers.get("authorization");
  // Other schemes are not ours: a site behind HTTP Basic still signs its users in by cookie.
  if (authorization !== null && /^bearer\b/i.test(authorization)) {
    return { cookies: {}, bearer: readBearer(authorization) };
  }
  return { cookies: readCookies(headers.get("cookie") ?? "", isOwnCookie) };
}

function readBearer(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined || token.length > limits.tokenLength) {
    throw new GateRefusal(
      "BAD_REQUEST",
      `The Authorization header holds no token of at most ${limits.tokenLength} characters. Send "Bearer <token>".`,
    );
  }
  return token;
}

/** Reads the app's own cookies. Other software on the host may set any number of others, in any form. */
function readCookies(header: string, isOwnCookie: (name: string) => boolean): Credentials["cookies"] {
  const names = new Set<string>();
  const own = cookiePairs(header).filter(({ name }) => {
    if (!isOwnCookie(name)) return false;
    // A sibling domain can add a second cookie of the same name, and the order does not show which one is genuine.
    if (names.has(name)) throw ambiguous();
    names.add(name);
    return true;
  });
  return parseCookie(own.map(({ text }) => text).join(";"));
}

function ambiguous(): GateRefusal {
  return new GateRefusal(
    "BAD_REQUEST",
    "Two session cookies have the same name. Delete this site's cookies, then sign in again.",
  );
}
