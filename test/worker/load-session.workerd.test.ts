import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { SignJWT } from "jose";
import { createLoadSession } from "trpc-userdo/worker";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { openBrowser, origin, password, send, signUp, type Browser } from "../fixtures/browser.js";

const loadSession = createLoadSession<AppRouter>({ binding: "BLOG_DO" });

/** A Worker's environment: the binding alone, or the app's secrets too. Counts the calls. */
function environment(withSecrets: boolean) {
  const names: string[] = [];
  const BLOG_DO = { getByName: (name: string) => (names.push(name), env.BLOG_DO.getByName(name)) };
  const { JWT_SECRET } = env;
  return { env: withSecrets ? { BLOG_DO, JWT_SECRET } : { BLOG_DO }, names };
}

function request(headers: HeadersInit, url = `${origin}/account`): Request {
  return new Request(url, { headers });
}

function cookieOf(browser: Browser, ...only: string[]): string {
  const pairs = [...browser.cookies].filter(([name]) => only.length === 0 || only.some((part) => name.endsWith(part)));
  return pairs.map(([name, value]) => `${name}=${value}`).join("; ");
}

afterEach(() => void vi.useRealTimers());

describe.each([true, false])("loadSession (with the app's secrets: %s)", (withSecrets) => {
  it("returns user, session and data for a request's cookies, with one call", async () => {
    const { browser, client, user, session } = await signUp();
    const { env: bindings, names } = environment(withSecrets);
    const seen = new Date();
    await client.sessions.data.set.mutate({ cart: ["a"], seen });
    const loaded = await loadSession(request({ cookie: cookieOf(browser) }), bindings);
    expect(loaded).toMatchObject({ user, session: { id: session.id, current: true }, data: { cart: ["a"], seen } });
    expectTypeOf(loaded!.data!.cart).toEqualTypeOf<string[]>();
    expect(names).toEqual([`user:${user.id}`]);
  });

  it("accepts a Bearer token, and a refresh cookie alone, for a session without data", async () => {
    const { browser, user } = await signUp();
    const { env: bindings, names } = environment(withSecrets);
    const token = browser.cookies.get("__Host-userdo-access") ?? "";
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: cookieOf(browser, "refresh") }]) {
      expect(await loadSession(request(headers), bindings)).toMatchObject({ user: { id: user.id }, data: undefined });
    }
    expect(names).toHaveLength(2);
  });

  it("accepts the refresh cookie with an expired access token, and does not rotate it", async () => {
    const { browser, client, user } = await signUp();
    const { env: bindings, names } = environment(withSecrets);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * 60_000 });
    expect(await loadSession(request({ cookie: cookieOf(browser) }), bindings)).toMatchObject({
      user: { id: user.id },
    });
    expect(names).toHaveLength(1);
    const old = cookieOf(browser);
    await client.auth.refresh.mutate();
    expect(await loadSession(request({ cookie: old }), bindings)).toMatchObject({ user: { id: user.id } });
    await client.auth.refresh.mutate();
    // Two generations old: only a thief still has it.
    expect(await loadSession(request({ cookie: old }), bindings)).toBeNull();
  });

  it("returns null for a revoked or expired session, at once", async () => {
    const { browser, client, email } = await signUp();
    const { env: bindings } = environment(withSecrets);
    const cookie = cookieOf(browser);
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    await client.auth.logout.mutate();
    expect(await loadSession(request({ cookie }), bindings)).toBeNull();
    expect(await loadSession(request({ cookie: cookieOf(other) }), bindings)).not.toBeNull();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 8 * 24 * 3_600_000 });
    expect(await loadSession(request({ cookie: cookieOf(other) }), bindings)).toBeNull();
  });

  it("returns null for malformed credentials, and calls no object", async () => {
    const { browser } = await signUp();
    const { env: bindings, names } = environment(withSecrets);
    const access = browser.cookies.get("__Host-userdo-access") ?? "";
    for (const headers of [
      {},
      { cookie: "" },
      { cookie: "__Host-userdo-access=" },
      { cookie: "__Host-userdo-access=permissions%3Auser%3A1" },
      { cookie: `__Host-userdo-access=${"x".repeat(5_000)}` },
      { cookie: `__Host-userdo-access=${access}; __Host-userdo-access=${access}` },
      { cookie: `userdo-access=${access}` },
      {
        cookie: `__Host-userdo-access=${btoa('{"alg":"none"}')}.${btoa('{"sub":"../x","sid":"1","exp":9999999999}')}.`,
      },
      { authorization: "Bearer x" },
      { authorization: "Bearer " },
      { cookie: "__Host-userdo-refresh=a.b.0.c" },
    ]) {
      expect(await loadSession(request(headers), bindings)).toBeNull();
    }
    expect(names).toEqual([]);
  });

  it("returns null for a forged token, and stores nothing for it", async () => {
    const { user, session } = await signUp();
    const { env: bindings, names } = environment(withSecrets);
    const forge = (sub: string) =>
      new SignJWT({ sub, sid: session.id })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .setIssuer("trpc-userdo")
        .setAudience("BLOG_DO")
        .setIssuedAt()
        .setExpirationTime("10m")
        .sign(new TextEncoder().encode("another secret of more than 32 bytes"));
    const before = (await listDurableObjectIds(env.BLOG_DO)).length;
    const refresh = `${user.id}.${session.id}.0.${"A".repeat(43)}`;
    for (const token of [await forge(user.id), await forge("0".repeat(32))]) {
      expect(await loadSession(request({ authorization: `Bearer ${token}` }), bindings)).toBeNull();
    }
    expect(await loadSession(request({ cookie: `__Host-userdo-refresh=${refresh}` }), bindings)).toBeNull();
    expect(names).toHaveLength(withSecrets ? 0 : 3);
    expect((await listDurableObjectIds(env.BLOG_DO)).length).toBeLessThanOrEqual(before + 1);
  });

  it("returns null for a session of another app", async () => {
    const browser = openBrowser();
    await browser
      .client("batch", "/other")
      .auth.signup.mutate({ email: "other@example.com", password })
      .catch(() => {});
    expect(await loadSession(request({ cookie: cookieOf(browser) }), environment(withSecrets).env)).toBeNull();
  });
});

describe("loadSession", () => {
  it("cannot be called by requests, and reports a missing binding in one line", async () => {
    const { browser } = await signUp();
    for (const path of ["loadSession", "internal", "sessions.load", "_session"]) {
      expect((await browser.fetch(`/trpc/${path}`)).status).toBe(404);
      const body = JSON.stringify({ json: { op: "loadSession", token: "x" } });
      const init = { method: "POST", headers: { "content-type": "application/json" }, body };
      expect((await send(`/trpc/${path}`, init)).status).toBe(404);
    }
    await expect(loadSession(request({}), {})).rejects.toThrow("The binding BLOG_DO is missing.");
  });

  it("reads cookies without a prefix over http on a loopback host", async () => {
    const { browser, user } = await signUp();
    const cookie = cookieOf(browser).replaceAll("__Host-", "");
    const loaded = await loadSession(request({ cookie }, "http://localhost:8787/"), environment(true).env);
    expect(loaded?.user.id).toBe(user.id);
  });
});
