import { describe, expect, test } from "vitest";
import { withGateHeaders } from "../../../src/worker/gate/gate-headers.js";
import { isAllowedOrigin } from "../../../src/worker/is-allowed-origin.js";
import {
  expectCalls,
  expectRejected,
  FRIEND,
  OWN,
  pass,
  post,
  query,
  refusalOf,
  request,
  upgrade,
} from "./expect-gate.js";

/** The same headers for every transport, because the rule has no exceptions. */
const transports: [string, (headers: Record<string, string>) => Request][] = [
  ["a query", (headers) => query("/trpc/posts.list", undefined, headers)],
  ["a mutation", (headers) => post("/trpc/posts.create", "{}", headers)],
  ["a sign-in", (headers) => post("/trpc/auth.login", "{}", headers)],
  ["an upgrade", (headers) => upgrade("/trpc", headers)],
];

const cookie = "theme=dark; __Host-userdo-access=x";
const authorization = "Bearer a.b.c";
const allowed: Record<string, string>[] = [
  {},
  { "sec-fetch-mode": "cors" },
  { origin: OWN },
  { origin: OWN, "sec-fetch-site": "same-origin", cookie },
  { "sec-fetch-site": "same-origin", cookie },
  { origin: FRIEND },
  { origin: FRIEND, "sec-fetch-site": "cross-site", cookie },
  // A browser without Sec-Fetch-Site, which sends no Origin with a GET either.
  { referer: `${OWN}/`, cookie },
  { referer: `${OWN}/inbox?page=2#top`, cookie },
  { referer: OWN, cookie, "sec-fetch-mode": "cors" },
  // A form of a page with the policy no-referrer.
  { origin: "null", "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", cookie },
  { authorization, origin: "https://evil.com" },
  { authorization, origin: "null" },
  { authorization, origin: "capacitor://localhost", "sec-fetch-site": "cross-site" },
  { authorization, "sec-fetch-site": "none" },
];

const foreign: Record<string, string>[] = [
  { origin: "null" },
  { origin: "null", cookie },
  { cookie },
  { origin: "https://app.example.com.evil.com" },
  { origin: "https://app.example.com@evil" },
  { origin: "https://evil.com/https://app.example.com" },
  { origin: "http://app.example.com" },
  { origin: "https://app.example.com:8443" },
  { origin: "https://app.example.com:443" },
  { origin: "https://sub.app.example.com" },
  { origin: "https://example.com" },
  { origin: `${OWN}/` },
  { origin: `${OWN}, ${FRIEND}` },
  { origin: OWN.toUpperCase() },
  { origin: `${FRIEND}.evil.com` },
  { origin: "http://friend.example.org" },
  { origin: "" },
  { origin: OWN, "sec-fetch-site": "same-site" },
  { origin: OWN, "sec-fetch-site": "cross-site", cookie },
  { "sec-fetch-site": "none" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site", cookie },
  { "sec-fetch-site": "same-origin, cross-site" },
  { cookie, "sec-fetch-mode": "cors" },
  { cookie, authorization: "Bearer abc" },
  { cookie: "theme=dark", authorization, origin: "https://evil.com" },
  { authorization: "Basic dXNlcjpwYXNz", origin: "https://evil.com" },
  { authorization: "Bearer", origin: "https://evil.com" },
  { authorization: "Bearers a", origin: "https://evil.com" },
  { cookie, referer: "https://evil.com/" },
  { cookie, referer: `${OWN}.evil.com/` },
  { cookie, referer: `${OWN}@evil.com/` },
  { cookie, referer: `https://evil.com/${OWN}/` },
  { cookie, referer: OWN.replace("https", "http") },
  { cookie, referer: `${OWN}:8443/` },
  { cookie, referer: FRIEND },
  { cookie, referer: "" },
  { cookie, referer: "about:client" },
  { cookie, referer: `${OWN}/`, "sec-fetch-site": "cross-site" },
  { cookie, referer: `${OWN}/`, "sec-fetch-site": "none" },
  { cookie, referer: `${OWN}/`, origin: "https://evil.com" },
  { origin: "null", "sec-fetch-site": "same-origin", cookie },
  { origin: "null", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", cookie },
  { origin: "null", "sec-fetch-mode": "navigate", cookie },
  { origin: "null", "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" },
  { origin: "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", cookie },
  { origin: "null", referer: `${OWN}/`, cookie },
  { origin: "capacitor://localhost" },
];

describe.each(transports)("%s", (_, send) => {
  test.each(allowed)("passes with %j", async (headers) => {
    expect(["calls", "upgrade"]).toContain((await pass(send(headers))).kind);
  });

  test.each(foreign)("is rejected with %j", (headers) => expectRejected(send(headers), "FORBIDDEN", "evil"));
});

test("accepts a query with cookies that cannot authenticate it, and requires an Origin for a mutation with a cookie", async () => {
  await expectCalls(query("/trpc/posts.list", undefined, { cookie: "_ga=1; theme=dark" }));
  await expectRejected(post("/trpc/posts.create", "{}", { cookie: "_ga=1" }), "FORBIDDEN");
  for (const [, send] of transports) {
    await expectRejected(send({ cookie: "_ga=1", "sec-fetch-site": "cross-site" }), "FORBIDDEN");
  }
});

test("names the policy to set when it rejects a request without a Referer", async () => {
  const { message } = await refusalOf(query("/trpc/posts.list", undefined, { cookie }));
  expect(message).toContain("Referrer-Policy");
  expect(message).toContain("an Origin header that is allowed");
});

describe("the check for an app's own routes", () => {
  const sent = (headers: Record<string, string>) => request("/checkout", { method: "POST", headers });
  const allowedOrigins = [FRIEND];

  test.each(allowed)("accepts what the endpoint accepts: %j", (headers) => {
    expect(isAllowedOrigin(sent(headers), { allowedOrigins })).toBe(true);
  });

  test.each(foreign)("rejects what the endpoint rejects: %j", (headers) => {
    expect(isAllowedOrigin(sent(headers), { allowedOrigins })).toBe(false);
  });

  test("allows only the request's own origin without a list", () => {
    expect(isAllowedOrigin(sent({ origin: OWN }))).toBe(true);
    expect(isAllowedOrigin(sent({ origin: FRIEND }))).toBe(false);
    expect(isAllowedOrigin(sent({ origin: FRIEND }), {})).toBe(false);
  });

  test("compares with the origin of the request, for every method", () => {
    const headers = { origin: FRIEND };
    expect(isAllowedOrigin(new Request(`${FRIEND}/checkout`, { headers }))).toBe(true);
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      expect(isAllowedOrigin(request("/checkout", { method, headers }))).toBe(false);
    }
  });

  test("does not read the request's body", async () => {
    const request = new Request(`${OWN}/checkout`, { method: "POST", headers: { origin: OWN }, body: "tea" });
    expect(isAllowedOrigin(request)).toBe(true);
    expect(await request.text()).toBe("tea");
  });

  test.each(["null", "*", `${FRIEND}/`, "friend.example.org"])(
    "throws for %j in the list, as createHandler does",
    (origin) => {
      expect(() => isAllowedOrigin(sent({ origin }), { allowedOrigins: [FRIEND, origin] })).toThrow(
        `"${origin}" is not an origin`,
      );
    },
  );

  test("does not hide other errors", () => {
    const broken = new Proxy(sent({}), {
      get(target, name) {
        if (name === "headers") throw new TypeError("The headers cannot be read.");
        return Reflect.get(target, name, target) as unknown;
      },
    });
    expect(() => isAllowedOrigin(broken)).toThrow("The headers cannot be read.");
  });
});

describe("CORS headers with credentials", () => {
  const preflight = (origin: string, path = "/trpc/posts.create") =>
    request(path, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });

  test("name in a preflight what an allowed origin may send", async () => {
    const result = await pass(preflight(FRIEND));
    if (result.kind !== "answered") throw new Error(result.kind);
    const { status, headers } = withGateHeaders(result.response, result);
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toEqual({
      allow: "GET, POST, OPTIONS",
      "access-control-allow-origin": FRIEND,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "WWW-Authenticate, userdo-user",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers":
        "content-type, trpc-accept, authorization, last-event-id, idempotency-key, userdo-user",
      "access-control-max-age": "7200",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      vary: "Origin",
    });
  });

  const allowedHeaders = async (requested: string): Promise<string[]> => {
    const headers = { origin: FRIEND, "access-control-request-headers": requested };
    const result = await pass(request("/trpc/posts.create", { method: "OPTIONS", headers }));
    if (result.kind !== "answered") throw new Error(result.kind);
    return (result.response.headers.get("access-control-allow-headers") ?? "").split(", ");
  };

  test.each([
    ["sentry-trace,baggage"],
    ["traceparent, tracestate, x-datadog-trace-id, newrelic"],
    ["content-type,x-app-version,Authorization"],
    ["x-" + "a".repeat(500)],
  ])("allow the headers that an allowed origin requests: %s", async (requested) => {
    const names = requested.toLowerCase().split(/, ?/);
    expect(await allowedHeaders(requested)).toEqual(expect.arrayContaining([...names, "trpc-accept"]));
  });

  test("contain no invalid header names, and no duplicates", async () => {
    const names = await allowedHeaders("x-a, x b, X-A,, ä, x-a: 1, x-b,authorization");
    expect(names.filter((name) => name.startsWith("x"))).toEqual(["x-a", "x-b"]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain("ä");
  });

  test("are absent from a foreign preflight, which is rejected, also at the socket's path", async () => {
    await expectRejected(preflight("https://evil.com"), "FORBIDDEN");
    await expectRejected(preflight("https://evil.com", "/trpc"), "FORBIDDEN");
    await expectRejected(preflight("capacitor://localhost"), "FORBIDDEN");
  });

  test("are absent for OPTIONS of the own origin and of clients that are not browsers", async () => {
    for (const sent of [preflight(OWN), request("/trpc/q", { method: "OPTIONS" })]) {
      const result = await pass(sent);
      if (result.kind !== "answered") throw new Error(result.kind);
      const names = [...withGateHeaders(result.response, result).headers.keys()];
      expect(names.filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  test("let an allowed origin read errors, and not a foreign one", async () => {
    const friendResult = await pass(query("/trpc/q.", undefined, { origin: FRIEND }));
    expect(friendResult).toMatchObject({ kind: "refused", refusal: { code: "NOT_FOUND" }, corsOrigin: FRIEND });
    const strangerResult = await pass(query("/trpc/q.", undefined, { origin: "https://evil.com" }));
    expect(strangerResult).toMatchObject({ refusal: { code: "FORBIDDEN" }, corsOrigin: undefined });
  });

  test("are absent for the own origin", async () => {
    expect((await expectCalls(query("/trpc/q", undefined, { origin: OWN }))).corsOrigin).toBeUndefined();
    expect((await expectCalls(query("/trpc/q", undefined, { origin: FRIEND }))).corsOrigin).toBe(FRIEND);
  });
});

describe("replies", () => {
  test("carry no-store and nosniff, and keep their other headers", () => {
    const had = new Response("{}", { status: 207, headers: { vary: "trpc-accept, accept", "set-cookie": "a=1" } });
    had.headers.append("set-cookie", "b=2");
    const { status, headers } = withGateHeaders(had, { corsOrigin: FRIEND });
    expect(status).toBe(207);
    expect(headers.get("vary")).toBe("trpc-accept, accept, Origin");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("access-control-allow-origin")).toBe(FRIEND);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("can be processed twice", () => {
    const once = withGateHeaders(Response.json({}), {});
    expect([...withGateHeaders(once, {}).headers]).toEqual([...once.headers]);
  });

  test("may be immutable", () => {
    expect(withGateHeaders(Response.redirect(OWN), {}).headers.get("vary")).toBe("Origin");
  });
});
