import type { AllowedOrigins } from "./allowed-origins.js";
import { cookiePairs } from "./cookie-pairs.js";
import { GateRefusal } from "./refusal.js";

export interface OriginRule {
  readonly ownOrigin: string;
  readonly allowedOrigins: AllowedOrigins;
  /**
   * Whether a cookie could authenticate a request.
   * @default true for every cookie
   */
  readonly isOwnCookie?: (name: string) => boolean;
}

/**
 * Refuses requests that a browser sends for a page of a foreign origin: queries, mutations, sign-ins and upgrades.
 *
 * - A request without Origin and Sec-Fetch-Site, and without a cookie that could authenticate it, passes. Servers and native
 *   clients send such requests. (`Sec-Fetch-Mode` does not matter, because Node's fetch sends it.)
 * - A request with a Bearer token and without any cookie passes, because browsers do not add a token by themselves.
 * - Any other request needs an allowed Origin, or a header of the browser that says it is same-origin: Sec-Fetch-Site or,
 *   in browsers that do not send it, the Referer.
 *
 * @returns the foreign origin that may read the response; `undefined` for a request of another kind
 * @throws GateRefusal FORBIDDEN
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
export function checkOrigin(headers: Headers, rule: OriginRule): string | undefined {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== null && origin !== rule.ownOrigin && rule.allowedOrigins.includes(origin)) return origin;
  // Before the cookies are read, because most requests pass here. If Origin and Sec-Fetch-Site disagree, the stricter one decides.
  if (origin === rule.ownOrigin && (site === null || site === "same-origin")) return undefined;
  if (hasOnlyToken(headers)) return undefined;
  if (origin === null) {
    if (site === "same-origin") return undefined;
    if (site !== null) throw originNotAllowed();
    if (!hasOwnCookie(headers, rule) || isFromOwnPage(headers, rule)) return undefined;
    throw originUnknown();
  }
  // With the policy `no-referrer`, a form has the origin "null". A sandboxed page has it too, but is cross-site.
  if (origin === "null" && site === "same-origin" && headers.get("sec-fetch-mode") === "navigate") return undefined;
  throw originNotAllowed();
}

function hasOnlyToken(headers: Headers): boolean {
  return !headers.has("cookie") && /^bearer +\S/i.test(headers.get("authorization") ?? "");
}

function hasOwnCookie(headers: Headers, { isOwnCookie = () => true }: OriginRule): boolean {
  const cookie = headers.get("cookie");
  return cookie !== null && cookiePairs(cookie).some(({ name }) => isOwnCookie(name));
}

/** A page cannot send a Referer of another origin. */
function isFromOwnPage(headers: Headers, { ownOrigin }: OriginRule): boolean {
  const referer = headers.get("referer") ?? "";
  return URL.canParse(referer) && new URL(referer).origin === ownOrigin;
}

function originNotAllowed(): GateRefusal {
  return new GateRefusal({
    code: "FORBIDDEN",
    reason: "ORIGIN_NOT_ALLOWED",
    message:
      "The page that sent this request belongs to an origin that is not allowed. Add its origin to allowedOrigins. A server " +
      "sends neither Cookie nor Origin, but an Authorization header.",
  });
}

function originUnknown(): GateRefusal {
  return new GateRefusal({
    code: "FORBIDDEN",
    reason: "ORIGIN_UNKNOWN",
    message:
      "The request does not show which page sent it. Set the page's Referrer-Policy to same-origin, so that browsers " +
      "without Sec-Fetch-Site send a Referer. Other clients, such as curl, send an Origin header that is allowed, or an " +
      "Authorization header instead of cookies.",
  });
}
