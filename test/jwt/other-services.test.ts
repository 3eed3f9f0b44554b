import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseCookie } from "cookie";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeJwt, getEmailFromToken, isTokenExpired, verifyJwt, type VerifyJwtOptions } from "trpc-userdo/jwt";

// Runs the app twice in a real runtime, on the built package: once with a secret, once with a key pair.
const server = createTestHarness({
  workers: [
    { configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) },
    { configPath: new URL("../fixtures/key-pair/wrangler.jsonc", import.meta.url) },
  ],
});
const secret = "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w";
const origin = "https://blog.example.com";

beforeAll(async () => void (await server.listen()), 60_000);
afterAll(() => server.close());

type App = "fixture-app" | "key-pair-app";

async function signUp(app: App) {
  const email = `${crypto.randomUUID()}@example.com`;
  const response = await server.getWorker(app).fetch(`${origin}/trpc/auth.signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: { email, password: "correct horse battery" } }),
  });
  const cookies = response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  const { result } = (await response.json()) as { result: { data: { json: { user: { id: string } } } } };
  return { email, id: result.data.json.user.id, cookie: cookies.join("; "), cookies: parseCookie(cookies.join("; ")) };
}

function keysOf(app: App, init: RequestInit = {}) {
  return server.getWorker(app).fetch(`${origin}/trpc/.well-known/jwks.json`, init as never);
}

async function me(app: App, cookie: string): Promise<number> {
  const response = await server.getWorker(app).fetch(`${origin}/trpc/auth.me`, { headers: { cookie, origin } });
  return response.status;
}

/** Authenticates the request of a page by the cookie alone, like an SSR framework before each page. */
async function middleware(request: IncomingMessage, response: ServerResponse, options: VerifyJwtOptions) {
  const token = parseCookie(request.headers.cookie ?? "")["__Host-userdo-access"];
  const result = await verifyJwt(token, options);
  if (result.ok) response.end(`Hello ${result.payload.email}, ${result.payload.sub}`);
  else response.writeHead(302, { location: "/login" }).end(result.error);
}

describe("an SSR server in Node", () => {
  it("authenticates the user of a page without calling an object", async () => {
    const user = await signUp("fixture-app");
    const options = { purpose: "access", secret, audience: "BLOG_DO" } as const;
    const pages = createServer((request, response) => void middleware(request, response, options));
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;
    const page = (cookie: string) => fetch(url, { headers: { cookie }, redirect: "manual" });
    try {
      const good = await page(user.cookie);
      expect(await good.text()).toBe(`Hello ${user.email}, ${user.id}`);
      const forged = user.cookie.replace(/access=([^.]*)\.[^.]*/, `access=$1.${btoa('{"sub":"someone"}')}`);
      for (const cookie of [forged, "", "__Host-userdo-access=", user.cookie.replace("access", "refresh")]) {
        expect((await page(cookie)).status).toBe(302);
      }
    } finally {
      pages.close();
    }
  });
});

describe("an app that signs with a key pair", () => {
  it("publishes its public keys, the current one first, to anyone, with a cache lifetime", async () => {
    const response = await keysOf("key-pair-app", { headers: { origin: "https://evil.example", cookie: "a=b" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys.map(({ alg }) => alg)).toEqual(["ES256", "EdDSA"]);
    expect(Object.keys(keys[0]!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  it("publishes no keys in an app with a secret", async () => {
    expect(await (await keysOf("fixture-app")).json()).toEqual({ keys: [] });
    expect((await keysOf("fixture-app", { method: "POST", body: "{}" })).status).toBeGreaterThanOrEqual(400);
  });

  it("lets another service verify its tokens by those keys, without a secret", async () => {
    const user = await signUp("key-pair-app");
    const token = user.cookies["__Host-userdo-access"] ?? "";
    const { keys } = (await (await keysOf("key-pair-app")).json()) as { keys: { kty: string }[] };
    const options = { purpose: "access", audience: "BLOG_DO", publicKey: keys } as const;
    expect(await verifyJwt(token, options)).toMatchObject({ ok: true, payload: { sub: user.id, email: user.email } });
    expect(getEmailFromToken(token)).toBe(user.email);
    expect(isTokenExpired(decodeJwt(token)!)).toBe(false);
    expect(await verifyJwt(token, { purpose: "access", audience: "BLOG_DO", secret })).toEqual({
      ok: false,
      error: "algorithm",
    });
  });

  it("accepts its own tokens, and rejects one signed with the secret", async () => {
    const [user, old] = [await signUp("key-pair-app"), await signUp("fixture-app")];
    expect(await me("key-pair-app", `__Host-userdo-access=${user.cookies["__Host-userdo-access"]}`)).toBe(200);
    expect(await me("key-pair-app", `__Host-userdo-access=${old.cookies["__Host-userdo-access"]}`)).toBe(401);
    expect(await me("key-pair-app", `__Host-userdo-refresh=${user.cookies["__Host-userdo-refresh"]}`)).toBe(200);
  });
});
