import { parseCookie } from "cookie";
import { deleteOldest } from "../../shared/delete-oldest.js";
import { limits } from "../../shared/limits.js";
import { cookiePairs } from "./cookie-pairs.js";
import type { Credentials } from "./gate-result.js";
import { GateRefusal } from "./refusal.js";

const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/**
 * Reads the Bearer token or, if there is none, the cookies. With a token, cookies are ignored: the browser adds them,
 * and they may belong to another user.
 *
 * @param isOwnCookie whether a cookie's name is one of this app's; all other cookies are ignored
 * @throws GateRefusal BAD_REQUEST
 */
export function readCredentials(headers: Headers, isOwnCookie: (name: string) => boolean): Credentials {
  const authorization = headers.get("authorization");
  // Other schemes are ignored: a site behind HTTP Basic authentication still signs its users in with cookies.
  if (authorization !== null && /^bearer\b/i.test(authorization)) {
    return { cookies: noCookies, bearer: readBearer(authorization) };
  }
  return { cookies: readCookiesCached(headers.get("cookie"), isOwnCookie) };
}

const noCookies: Credentials["cookies"] = {};

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function readBearer(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined || token.length > limits.tokenLength) {
    throw new GateRefusal({
      code: "BAD_REQUEST",
      reason: "TOKEN_MALFORMED",
      message:
        `The Authorization header does not contain a token of at most ${limits.tokenLength} characters. ` +
        'Send "Bearer <token>".',
    });
  }
  return token;
}

/** Maximum number of cached headers. At the maximum length they take less than a megabyte. */
const MAX_HEADERS = 200;
const MAX_HEADER_LENGTH = 4_096;

const recentCookies = new WeakMap<(name: string) => boolean, Map<string, Credentials["cookies"]>>();

/**
 * Reads the app's own cookies, and caches those of recent headers, because a browser sends the same header for minutes. The
 * result depends only on the header, because cookies are verified later.
 */
function readCookiesCached(header: string | null, isOwnCookie: (name: string) => boolean): Credentials["cookies"] {
  if (header === null) return noCookies;
  let known = recentCookies.get(isOwnCookie);
  const before = known?.get(header);
  if (before) return before;
  const cookies = readCookies(header, isOwnCookie);
  if (header.length > MAX_HEADER_LENGTH) return cookies;
  if (!known) recentCookies.set(isOwnCookie, (known = new Map()));
  known.set(header, cookies);
  deleteOldest(known, MAX_HEADERS);
  return cookies;
}

/** Reads the app's own cookies. Other software on the host may set others, in any number and form. */
function readCookies(header: string, isOwnCookie: (name: string) => boolean): Credentials["cookies"] {
  const names = new Set<string>();
  const own = cookiePairs(header).filter(({ name }) => {
    if (!isOwnCookie(name)) return false;
    // A sibling domain can add a second cookie with the same name, and the order does not show which one is genuine.
    if (names.has(name)) throw ambiguousCookies();
    names.add(name);
    return true;
  });
  return parseCookie(own.map(({ text }) => text).join(";"));
}

function ambiguousCookies(): GateRefusal {
  return new GateRefusal({
    code: "BAD_REQUEST",
    reason: "COOKIES_AMBIGUOUS",
    message: "Two session cookies have the same name. Delete this site's cookies, then sign in again.",
  });
}
