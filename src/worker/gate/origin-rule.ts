import type { AllowedOrigins } from "./allowed-origins.js";
import { cookiePairs } from "./cookie-pairs.js";
import { GateRefusal } from "./refusal.js";

export interface OriginRule {
  readonly ownOrigin: string;
  readonly allowedOrigins: AllowedOrigins;
  /**
   * Whether a cookie could authenticate a request.
   * @default every cookie could
   */
  readonly isOwnCookie?: (name: string) => boolean;
}

/**
 * Refuses what a page of a foreign origin made a browser send. It holds for queries, mutations, sign-in and
 * upgrades alike.
 *
 * - A request without Origin and Sec-Fetch-Site, and without a cookie that could authenticate it, passes: servers and native
 *   clients send those. (`Sec-Fetch-Mode` says nothing: Node's fetch sends it.)
 * - A request with a Bearer token and without any cookie passes: a browser adds no token by itself.
 * - Any other needs an allowed Origin, or the browser's word that it is same-origin. Browsers that do not send
 *   Sec-Fetch-Site give it by the Referer.
 *
 * @returns the foreign origin that may read the reply, if it is one
 * @throws Refused FORBIDDEN
 */
export function checkOrigin(headers: Headers, rule: OriginRule): string | undefined {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== null && origin !== rule.ownOrigin && rule.allowedOrigins.includes(origin)) return origin;
  if (hasTokenAlone(headers)) return undefined;
  if (origin === null) {
    if (site === "same-origin") return undefined;
    if (site !== null) throw foreign();
    if (!hasOwnCookie(headers, rule) || isFromOwnPage(headers, rule)) return undefined;
    throw unknownPage();
  }
  // With the policy `no-referrer`, a page's form has the origin "null". So has a sandboxed page, which is cross-site.
  if (origin === "null" && site === "same-origin" && headers.get("sec-fetch-mode") === "navigate") return undefined;
  // The browser contradicts itself: then its stricter word counts.
  if (origin === rule.ownOrigin && (site === null || site === "same-origin")) return undefined;
  throw foreign();
}

function hasTokenAlone(headers: Headers): boolean {
  return !headers.has("cookie") && /^bearer +\S/i.test(headers.get("authorization") ?? "");
}

function hasOwnCookie(headers: Headers, { isOwnCookie = () => true }: OriginRule): boolean {
  const cookie = headers.get("cookie");
  return cookie !== null && cookiePairs(cookie).some(({ name }) => isOwnCookie(name));
}

/** No page can set its own Referer to another origin. */
function isFromOwnPage(headers: Headers, { ownOrigin }: OriginRule): boolean {
  const referer = headers.get("referer") ?? "";
  return URL.canParse(referer) && new URL(referer).origin === ownOrigin;
}

function foreign(): GateRefusal {
  return new GateRefusal(
    "FORBIDDEN",
    "This request does not come from a page of this origin or of an allowed one. Add the page's origin to " +
      "allowedOrigins; a server sends neither Cookie nor Origin, but an Authorization header.",
  );
}

function unknownPage(): GateRefusal {
  return new GateRefusal(
    "FORBIDDEN",
    "The request does not show which page sent it. Set the page's Referrer-Policy to same-origin, so that browsers " +
      "without Sec-Fetch-Site send a Referer. Other clients, such as curl, send an Origin header that is allowed, or an " +
      "Authorization header instead of cookies.",
  );
}
