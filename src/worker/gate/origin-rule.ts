import { Refused } from "./refusal.js";

/**
 * Refuses what a page of a foreign origin made a browser send. It holds for queries, mutations, sign-in and
 * upgrades alike.
 *
 * A request without Cookie, Origin and Sec-Fetch-Site is no browser's and passes. (`Sec-Fetch-Mode` says nothing:
 * Node's fetch sends it.) Any other needs an allowed Origin, or the browser's word that it is same-origin.
 *
 * @returns the foreign origin that may read the reply, if it is one
 * @throws Refused FORBIDDEN
 */
export function checkOrigin(
  headers: Headers,
  ownOrigin: string,
  allowedOrigins: readonly string[],
): string | undefined {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin === null) {
    if (site === "same-origin" || (site === null && !headers.has("cookie"))) return undefined;
    throw foreign();
  }
  if (origin === ownOrigin) {
    // The browser contradicts itself: then its stricter word counts.
    if (site === null || site === "same-origin") return undefined;
    throw foreign();
  }
  if (allowedOrigins.includes(origin)) return origin;
  throw foreign();
}

/**
 * Checks the app's list of allowed origins once, when the app starts: a misspelt one would never match, and `null`
 * is what every sandboxed page sends.
 *
 * @throws Error that names the entry
 */
export function checkAllowedOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin)) {
      throw new Error(
        `allowedOrigins: "${origin}" is not an origin. Write it as a browser sends it: https://app.example.com`,
      );
    }
  }
}

function foreign(): Refused {
  return new Refused(
    "FORBIDDEN",
    "This request does not come from a page of this origin or of an allowed one. Add the page's origin to " +
      "allowedOrigins; a server sends neither Cookie nor Origin, but an Authorization header.",
  );
}
