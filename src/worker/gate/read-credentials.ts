import { parseCookie } from "cookie";
import { limits } from "../../shared/limits.js";
import type { Credentials } from "./gate-result.js";
import { Refused } from "./refusal.js";

const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/**
 * Reads the bearer token or, without one, the cookies. A client that sends a token acts by it alone: a cookie that
 * its browser adds must not make it someone else.
 *
 * @throws Refused BAD_REQUEST
 */
export function readCredentials(headers: Headers): Credentials {
  const authorization = headers.get("authorization");
  // Other schemes are not ours: a site behind HTTP Basic still signs its users in by cookie.
  if (authorization !== null && /^bearer\b/i.test(authorization)) {
    return { cookies: {}, bearer: readBearer(authorization) };
  }
  const cookie = headers.get("cookie");
  return { cookies: cookie === null ? {} : readCookies(cookie) };
}

function readBearer(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined || token.length > limits.tokenLength) {
    throw new Refused(
      "BAD_REQUEST",
      `The Authorization header holds no token of at most ${limits.tokenLength} characters. Send "Bearer <token>".`,
    );
  }
  return token;
}

function readCookies(header: string): Credentials["cookies"] {
  // Header values are bytes: one character each.
  if (header.length > limits.cookieBytes) {
    throw new Refused(
      "BAD_REQUEST",
      `The cookies are larger than ${limits.cookieBytes} bytes together. Delete some of this site's cookies.`,
    );
  }
  const names = header.split(";").map((pair) => pair.slice(0, Math.max(pair.indexOf("="), 0)).trim());
  const named = names.filter((name) => name !== "");
  // Whoever controls a sibling domain can add a second cookie of a name, and the order does not tell which is whose.
  if (new Set(named).size !== named.length) {
    throw new Refused("BAD_REQUEST", "Two cookies have the same name. Delete this site's cookies, then sign in again.");
  }
  return parseCookie(header);
}
