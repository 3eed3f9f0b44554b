import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHandler, createLoadSession } from "trpc-userdo/worker";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { links, openPage, type Page } from "../fixtures/page.js";

const api = "https://apps.example.com";
const headers = { origin: api, "sec-fetch-site": "same-origin" };
const MINUTE = 60_000;

let warned: string[];

beforeEach(() => {
  warned = [];
  vi.spyOn(console, "warn").mockImplementation((line: string) => void warned.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Two apps on one host, and a browser that has both open. Their bindings, and therefore their tokens, differ. */
function openApps(prefixes: { first?: string; second?: string } = {}) {
  const cookies = new Map<string, string>();
  const open = (binding: "BLOG_DO" | "OTHER_DO", cookiePrefix: string | undefined) =>
    openPage({
      handler: createHandler(appRouter, { binding, ...(cookiePrefix !== undefined && { cookiePrefix }) }),
      api,
      headers,
      cookies,
    });
  return { cookies, first: open("BLOG_DO", prefixes.first), second: open("OTHER_DO", prefixes.second) };
}

async function signUpIn(page: Page): Promise<string> {
  return (await page.client().auth.signup.mutate({ email: freshEmail(), password })).user.id;
}

async function userOf(page: Page): Promise<string> {
  const found = new Set<string>();
  for (const link of Object.keys(links) as (keyof typeof links)[]) {
    found.add(
      await page
        .client(link)
        .auth.me.query()
        .then(
          ({ user }) => user.id,
          (error: Error) => error.message,
        ),
    );
  }
  expect([...found]).toHaveLength(1);
  return [...found].join();
}

const signedOut = "You are not signed in. Sign in and try again.";

describe("two apps on one host with the same cookie names", () => {
  it("keep both users signed in, through refreshes of either", async () => {
    const { first, second, cookies } = openApps();
    const one = await signUpIn(first);
    const two = await signUpIn(second);
    for (let count = 0; count < 3; count++) {
      expect(await userOf(first)).toBe(one);
      expect(await userOf(second)).toBe(two);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * MINUTE });
    }
    // The three cookies that they share, and a record each.
    expect(cookies.size).toBeLessThanOrEqual(5);
  });

  it("sign out one without the other", async () => {
    for (const path of ["logout", "form"] as const) {
      const { first, second } = openApps();
      const one = await signUpIn(first);
      await signUpIn(second);
      if (path === "logout") await second.client().auth.logout.mutate();
      else
        await second.fetch("/trpc/form/logout", {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
        });
      expect(await userOf(second)).toBe(signedOut);
      expect(await userOf(first)).toBe(one);
      expect(await userOf(second)).toBe(signedOut);
      const two = await signUpIn(second);
      expect(await userOf(first)).toBe(one);
      await first.client().auth.logout.mutate();
      expect(await userOf(first)).toBe(signedOut);
      expect(await userOf(second)).toBe(two);
    }
  });

  it("do not change the other's cookies where no user is signed in", async () => {
    const { first, second, cookies } = openApps();
    const one = await signUpIn(first);
    const before = new Map(cookies);
    expect(await userOf(second)).toBe(signedOut);
    expect(await codeOf(second.client().auth.logout.mutate())).toBe("UNAUTHORIZED");
    expect(await codeOf(second.client().auth.refresh.mutate())).toBe("UNAUTHORIZED");
    await second.fetch("/trpc/form/logout", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(second.replies.flatMap((reply) => reply.headers.getSetCookie())).toEqual([]);
    expect(cookies).toEqual(before);
    expect(await userOf(first)).toBe(one);
  });

  it("do not change the other's cookies when a session of theirs was revoked elsewhere", async () => {
    const { first, second, cookies } = openApps();
    const email = freshEmail();
    await second.client().auth.signup.mutate({ email, password });
    const elsewhere = openApps().second;
    await elsewhere.client().auth.login.mutate({ email, password });
    const one = await signUpIn(first);
    const shared = ["access", "refresh"].map((name) => cookies.get(`__Host-userdo-${name}`));
    await elsewhere.client().sessions.revokeOthers.mutate();
    expect(await codeOf(second.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(["access", "refresh"].map((name) => cookies.get(`__Host-userdo-${name}`))).toEqual(shared);
    expect(await userOf(first)).toBe(one);
    expect(await userOf(second)).toBe(signedOut);
  });

  it("are both authenticated by `loadSession`", async () => {
    const { first, second, cookies } = openApps();
    const users = { BLOG_DO: await signUpIn(first), OTHER_DO: await signUpIn(second) };
    for (const binding of ["BLOG_DO", "OTHER_DO"] as const) {
      const cookie = Array.from(cookies, (pair) => pair.join("=")).join("; ");
      const loaded = await createLoadSession({ binding })(new Request(api, { headers: { cookie } }), env);
      expect(loaded?.user.id).toBe(users[binding]);
    }
  });

  it("log once which option to set", async () => {
    const { first, second } = openApps();
    await signUpIn(first);
    expect(warned).toEqual([]);
    for (let count = 0; count < 3; count++) await userOf(second);
    expect(warned).toEqual([expect.stringMatching(/^\[trpc-userdo\] .*`cookiePrefix`/)]);
    await signUpIn(second);
    await userOf(first);
    expect(warned).toHaveLength(2);
    for (let count = 0; count < 3; count++) for (const page of [first, second]) await userOf(page);
    expect(warned).toHaveLength(2);
  });

  it("log it when the other app's access token has expired, too", async () => {
    const { first, second, cookies } = openApps();
    await signUpIn(first);
    cookies.delete("__Host-userdo-access");
    await userOf(second);
    expect(warned).toHaveLength(1);
  });
});

describe("two apps on one host with a `cookiePrefix` each", () => {
  it("share nothing, and log nothing", async () => {
    const { first, second, cookies } = openApps({ first: "one", second: "two" });
    const one = await signUpIn(first);
    const two = await signUpIn(second);
    expect([...cookies.keys()].filter((name) => name.startsWith("__Host-one-"))).toHaveLength(4);
    expect([...cookies.keys()].filter((name) => name.startsWith("__Host-two-"))).toHaveLength(4);
    const before = new Map(cookies);
    expect(await userOf(first)).toBe(one);
    expect(await userOf(second)).toBe(two);
    expect(cookies).toEqual(before);
    await second.client().auth.logout.mutate();
    expect(await userOf(first)).toBe(one);
    expect(warned).toEqual([]);
  });

  it("may have prefixes that start alike", async () => {
    const { first, second } = openApps({ first: "userdo", second: "userdo-session" });
    const one = await signUpIn(first);
    const two = await signUpIn(second);
    await second.client().auth.logout.mutate();
    expect(await userOf(first)).toBe(one);
    expect(await userOf(second)).not.toBe(two);
    expect(warned).toEqual([]);
  });
});

it("with one secret and binding name report it, in the response and once in the log", async () => {
  const { first, cookies } = openApps();
  const handler = createHandler(appRouter, { binding: "BLOG_DO" });
  // A copy of the first app's settings, with its own objects.
  const { OTHER_DO: BLOG_DO, JWT_SECRET, INDEX_SECRET } = env;
  for (let count = 0; count < 3; count++) {
    await signUpIn(first);
    // The access token has expired the second time.
    if (count === 1) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * MINUTE });
    const cookie = Array.from(cookies, (pair) => pair.join("=")).join("; ");
    const request = new Request(`${api}/trpc/auth.me`, { headers: { ...headers, cookie } });
    const response = await handler(request, { BLOG_DO, JWT_SECRET, INDEX_SECRET }, createExecutionContext());
    expect(response?.status).toBe(401);
    if (count !== 1) expect(await response?.text()).toContain("cookiePrefix");
    vi.useRealTimers();
  }
  expect(warned).toEqual([expect.stringContaining("cookiePrefix")]);
});

describe("an app's own cookies", () => {
  it("log nothing, whatever happens to the session", async () => {
    const { first } = openApps();
    await signUpIn(first);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * MINUTE });
    await userOf(first);
    await first.client().auth.logout.mutate();
    await userOf(first);
    await signUpIn(first);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 91 * 24 * 60 * MINUTE });
    await userOf(first);
    expect(warned).toEqual([]);
  });
});
