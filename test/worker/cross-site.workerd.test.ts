import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler, createLoadSession, type CookieOptions } from "trpc-userdo/worker";
import { appRouter, type AppRouter } from "../fixtures/app/router.js";
import { freshEmail, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { links, openPage } from "../fixtures/page.js";

const front = "https://blog.pages.dev";
const api = "https://blog.example.workers.dev";
const ofFront = { origin: front, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
const ownPage = { origin: api, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };

const settings: [string, CookieOptions, string][] = [
  ["SameSite=None", { sameSite: "none" }, "__Host-userdo-"],
  ["SameSite=None; Partitioned", { sameSite: "none", partitioned: true }, "__Host-userdo-partitioned-"],
];

const handlerWith = (cookies: CookieOptions) =>
  createHandler(appRouter, { binding: "BLOG_DO", allowedOrigins: [front], cookies });

afterEach(() => void vi.useRealTimers());

describe.each(settings)("a front end of another site, with %s", (_name, options, prefix) => {
  const openFront = () => openPage({ handler: handlerWith(options), api, headers: ofFront });

  it("signs up, calls, refreshes and signs out with cookies alone", async () => {
    for (const link of Object.keys(links) as (keyof typeof links)[]) {
      const page = openFront();
      const client = page.client(link);
      const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
      for (const name of page.cookies.keys()) expect(name.startsWith(prefix)).toBe(true);
      expect((await client.auth.me.query()).user.id).toBe(user.id);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * 60_000 });
      expect((await client.auth.me.query()).user.id).toBe(user.id);
      await client.auth.logout.mutate();
      expect([...page.cookies.keys()]).toEqual([`${prefix}device`]);
      vi.useRealTimers();

      const lines = page.replies.flatMap(({ headers }) => headers.getSetCookie());
      expect(lines.length).toBeGreaterThan(8);
      for (const line of lines) {
        expect(line).toMatch(/; Path=\/; HttpOnly; Secure; (Partitioned; )?SameSite=None$/);
        expect(line.includes("Partitioned")).toBe(options.partitioned === true);
      }
    }
  });

  it("is authenticated by `loadSession` with the same option, and only with it", async () => {
    const page = openFront();
    const { user } = await page.client().auth.signup.mutate({ email: freshEmail(), password });
    const cookie = Array.from(page.cookies, (pair) => pair.join("=")).join("; ");
    const request = new Request(api, { headers: { cookie } });
    for (const environment of [env, { BLOG_DO: env.BLOG_DO }]) {
      const loaded = await createLoadSession<AppRouter>({ binding: "BLOG_DO", cookies: options })(request, environment);
      expect(loaded?.user.id).toBe(user.id);
      const others = { sameSite: "none", partitioned: !options.partitioned } as const;
      expect(await createLoadSession({ binding: "BLOG_DO", cookies: others })(request, environment)).toBeNull();
    }
  });

  it("is the only one that may use the cookies", async () => {
    const page = openFront();
    const handler = handlerWith(options);
    const { user } = await page.client().auth.signup.mutate({ email: freshEmail(), password });
    const site = "sec-fetch-site";
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example", [site]: "cross-site" },
      { origin: "https://evil.pages.dev", [site]: "cross-site" },
      { origin: `${front}.evil.example`, [site]: "cross-site" },
      { origin: "http://blog.pages.dev", [site]: "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null", [site]: "cross-site" },
      { [site]: "cross-site" },
      { [site]: "same-site" },
      { [site]: "none" },
      {},
    ];
    for (const headers of foreign) {
      const evil = openPage({ handler, api, headers, cookies: new Map(page.cookies) });
      for (const link of Object.keys(links) as (keyof typeof links)[]) {
        const client = evil.client(link);
        expect(await codeOf(client.auth.me.query())).toBe("FORBIDDEN");
        expect(await codeOf(client.posts.create.mutate({ title: "Stolen", body: "" }))).toBe("FORBIDDEN");
        expect(await codeOf(client.auth.logout.mutate())).toBe("FORBIDDEN");
        expect(await codeOf(client.auth.login.mutate({ email: freshEmail(), password }))).toBe("FORBIDDEN");
      }
      const body = "email=a%40example.com&password=x";
      const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body };
      expect((await evil.fetch("/trpc/form/login", form)).status).toBe(403);
      expect((await evil.fetch("/trpc/form/logout", form)).status).toBe(403);
      expect((await evil.fetch("/trpc", { headers: { upgrade: "websocket" } })).status).toBe(403);
      for (const { headers: reply } of evil.replies) {
        expect(reply.getSetCookie()).toEqual([]);
        expect(reply.get("access-control-allow-origin")).toBeNull();
      }
    }
    expect((await page.client().auth.me.query()).user.id).toBe(user.id);
    expect(await page.client().posts.list.query()).toEqual([]);
  });
});

describe("an app that changes its option", () => {
  it("keeps its users signed in from Lax to None and back", async () => {
    const page = openPage({ handler: handlerWith({}), api, headers: ownPage });
    const { user } = await page.client().auth.signup.mutate({ email: freshEmail(), password });
    for (const options of [{ sameSite: "none" }, {}] as const) {
      const later = openPage({ handler: handlerWith(options), api, headers: ownPage, cookies: page.cookies });
      expect((await later.client().auth.me.query()).user.id).toBe(user.id);
    }
  });

  it("to partitioned cookies never receives two cookies of one name", async () => {
    const { cookies, client } = openPage({ handler: handlerWith({}), api, headers: ownPage });
    await client().auth.signup.mutate({ email: freshEmail(), password });
    const before = [...cookies.keys()];
    // A browser sends both kinds to the API's own pages.
    const page = openPage({ handler: handlerWith(settings[1]![1]), api, headers: ownPage, cookies });
    expect(await codeOf(page.client().auth.me.query())).toBe("UNAUTHORIZED");
    const { user } = await page.client().auth.signup.mutate({ email: freshEmail(), password });
    const names = page.replies.flatMap(({ headers }) => headers.getSetCookie().map((line) => line.split("=")[0]));
    expect(names.filter((name) => before.includes(name ?? ""))).toEqual([]);
    expect((await page.client().auth.me.query()).user.id).toBe(user.id);
  });
});

it("rejects options that could never take effect when the app starts", () => {
  const cookies = { partitioned: true };
  expect(() => createHandler(appRouter, { binding: "BLOG_DO", cookies })).toThrow("cookies.partitioned:");
  expect(() => createLoadSession({ binding: "BLOG_DO", cookies })).toThrow("cookies.partitioned:");
  expect(() => createLoadSession({ binding: "BLOG_DO", cookiePrefix: "a;b" })).toThrow("cookiePrefix:");
});
