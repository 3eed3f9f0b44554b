import fc from "fast-check";
import { expect, it } from "vitest";
import { createAllowedOrigins } from "../../../src/worker/gate/allowed-origins.js";
import { checkOrigin } from "../../../src/worker/gate/origin-rule.js";
import { GateRefusal } from "../../../src/worker/gate/refusal.js";
import { cookieNames } from "../../../src/worker/cookies/cookie-names.js";

const ownOrigin = "https://app.example.com";
const allowedOrigins = createAllowedOrigins([
  "https://shop.example.com",
  "https://*.app.pages.dev",
  "capacitor://localhost",
]);
const isOwnCookie = cookieNames({ url: new URL(ownOrigin) }).has;

/** Origins of pages that an attacker controls, some of which look like allowed ones. */
const foreignOrigin = fc.oneof(
  fc.webUrl({ validSchemes: ["http", "https"] }).map((url) => new URL(url).origin),
  fc.constantFrom(
    "null",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.com",
    "https://evil.app.example.com",
    "https://shop.example.com.evil.com",
    "http://shop.example.com",
    "https://x.y.app.pages.dev",
    "https://evil-app.pages.dev",
    "https://x.app.pages.dev.evil.com",
    "capacitor://evil",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  ),
);

const ownCookie = fc.constantFrom(
  "__Host-userdo-access=a",
  "__Host-userdo-refresh=b",
  `__Host-userdo-session-${"0".repeat(32)}-0=c`,
);
const otherCookie = fc.constantFrom(
  "_ga=1",
  "=x",
  "x",
  "__Host-shop-access=a",
  "userdo-access=a",
  'q="a;b"',
  "\u00e9=\u00e9",
);
const cookies = (own: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(otherCookie, { maxLength: 3 }), own, fc.array(otherCookie, { maxLength: 3 }))
    .map(([before, one, after]) => [...before, one, ...after].join("; "));

/** The headers that a browser may send for a page of a foreign origin. An older browser sends no Sec-Fetch-Site. */
const foreignPage = fc
  .record({
    origin: foreignOrigin,
    sendsOrigin: fc.boolean(),
    site: fc.constantFrom("cross-site", "same-site", "none", undefined),
    mode: fc.constantFrom("navigate", "cors", "no-cors", "websocket", undefined),
    referer: fc.constantFrom("full", "origin", "none"),
    method: fc.constantFrom("GET", "POST"),
    cookie: cookies(ownCookie),
  })
  .map(({ origin, sendsOrigin, site, mode, referer, method, cookie }) => {
    const headers = new Headers({ cookie: new TextDecoder("latin1").decode(new TextEncoder().encode(cookie)) });
    // Every browser sends it with a POST.
    if (sendsOrigin || method === "POST") headers.set("origin", origin);
    if (site !== undefined) headers.set("sec-fetch-site", site);
    if (mode !== undefined) headers.set("sec-fetch-mode", mode);
    if (referer !== "none" && origin !== "null")
      headers.set("referer", referer === "full" ? `${origin}/${ownOrigin}` : origin);
    return { headers, method };
  });

it("rejects every request that a page of a foreign origin can send with the session's cookies", () => {
  fc.assert(
    fc.property(foreignPage, ({ headers, method }) => {
      const rule = { ownOrigin, allowedOrigins, ...(method === "GET" && { isOwnCookie }) };
      expect(() => checkOrigin(headers, rule)).toThrow(GateRefusal);
    }),
    { numRuns: 5_000 },
  );
});
