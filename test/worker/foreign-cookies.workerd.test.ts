import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHandler, createLoadSession } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, origin, password, send, signUp } from "../fixtures/browser.js";

const browserHeaders = { origin, "sec-fetch-site": "same-origin" };
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

/** Cookies of the host that other software set. */
const foreignCookies: [string, string][] = [
  ["two of one name", "_ga=1; _ga=2"],
  ["two of one name and value", "lang=de; lang=de"],
  ["hundreds of one name", Array.from({ length: 500 }, (_, n) => `_hj=${n}`).join("; ")],
  ["a thousand names", Array.from({ length: 1_000 }, (_, n) => `n${n}=${n}`).join("; ")],
  ["16 KiB in one", `big=${"x".repeat(16_384)}`],
  ["60 KiB in all", Array.from({ length: 15 }, (_, n) => `c${n}=${"y".repeat(4_096)}`).join("; ")],
  ["escapes that cannot be decoded", "bad=%E0%A4%A; worse=%; worst=%zz"],
  ["JSON, quotes and commas", 'consent={"a":[1,2],"b":"c=d"}; q="x"; q="y"'],
  ["no name, no value, no equals sign", "=x; =y; z; z; ; ;; =; a=; a="],
  ["names of object prototypes", "__proto__=1; __proto__=2; constructor=3; toString=4"],
  ["attributes of the older standard", '$Version="1"; $Path="/"; $Path="/a"'],
  ["names close to ours", "userdo-access=1; userdo-access=2; __Host-userdo-theme=1; __Host-userdo-theme=2"],
  ["names that begin as ours", "__Host-userdo-access2=1; __Host-userdo-access2=2; __Host-userdo-=1; __Host-userdo-=2"],
  ["records with malformed ids", "__Host-userdo-session-x-0=1; __Host-userdo-session-x-0=2"],
  ["our names in another case", "__host-userdo-access=1; __HOST-USERDO-ACCESS=2; __host-userdo-access=3"],
  ["another app's names", "__Host-userdo-shop-access=1; __Host-userdo-shop-access=2"],
  ["our names inside of values", "a=x, __Host-userdo-access=evil; b=__Host-userdo-access=evil"],
];

/** A signed-in browser's cookies, with `extra` before, between and after them. */
async function openBrowserWith(extra: string) {
  const { browser, email, user } = await signUp();
  const own = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`);
  const cookie = [extra, ...own.slice(0, 2), extra, ...own.slice(2), extra].join("; ");
  return { cookie, email, userId: user.id };
}

describe.each(foreignCookies)("foreign cookies (%s)", (_, extra) => {
  it("do not break calls, sign-ins, forms, sockets or `loadSession`", async () => {
    const { cookie, email, userId } = await openBrowserWith(extra);
    const headers = { ...browserHeaders, cookie };

    const me = await send("/trpc/auth.me", { headers });
    expect(await me.json()).toMatchObject({ result: { data: { json: { user: { id: userId } } } } });

    const title = { json: { title: "Tea", body: "" } };
    const created = await send("/trpc/posts.create", {
      method: "POST",
      headers: { ...headers, ...json },
      body: JSON.stringify(title),
    });
    expect(created.status).toBe(200);

    const input = { json: { email: freshEmail(), password } };
    const signedUp = await send("/trpc/auth.signup", {
      method: "POST",
      headers: { ...headers, cookie: extra, ...json },
      body: JSON.stringify(input),
    });
    expect(signedUp.status).toBe(200);

    const posted = await send("/trpc/form/login", {
      method: "POST",
      redirect: "manual",
      headers: { ...headers, ...form },
      body: new URLSearchParams({ email, password }).toString(),
    });
    expect([posted.status, posted.headers.get("location")]).toEqual([303, `${origin}/`]);

    const opened = await send("/trpc", { headers: { ...headers, upgrade: "websocket" } });
    expect(opened.status).toBe(101);
    opened.webSocket?.accept();
    opened.webSocket?.close();

    for (const bindings of [env, { BLOG_DO: env.BLOG_DO }]) {
      const request = new Request(`${origin}/account`, { headers: { cookie } });
      expect((await createLoadSession({ binding: "BLOG_DO" })(request, bindings))?.user.id).toBe(userId);
    }
  });
});

describe("two cookies with one of the framework's names", () => {
  const id = "0".repeat(32);
  it.each(["access", "refresh", "device", `session-${id}-0`, `session-${id}-replaced`])(
    "are rejected by calls, sockets and loadSession: %s",
    async (name) => {
      const { cookie } = await openBrowserWith(`__Host-userdo-${name}=x`);
      const headers = { ...browserHeaders, cookie };
      expect((await send("/trpc/auth.me", { headers })).status).toBe(400);
      expect((await send("/trpc", { headers: { ...headers, upgrade: "websocket" } })).status).toBe(400);
      const request = new Request(`${origin}/account`, { headers: { cookie } });
      expect(await createLoadSession({ binding: "BLOG_DO" })(request, env)).toBeNull();
    },
  );

  it.each([
    ["another prefix", { cookiePrefix: "shop" }, "__Host-shop-access"],
    ["partitioned cookies", { cookies: { sameSite: "none", partitioned: true } }, "__Host-userdo-partitioned-access"],
  ] as const)("are recognized by the app's options: %s", async (_, options, name) => {
    const handler = createHandler(appRouter, { binding: "BLOG_DO", ...options });
    const statusWith = async (cookie: string) =>
      (await handler(
        new Request(`${origin}/trpc/auth.check`, { headers: { ...browserHeaders, cookie } }),
        env,
        createExecutionContext(),
      ))!.status;
    expect(await statusWith(`${name}=1; ${name}=2`)).toBe(400);
    expect(await statusWith("__Host-userdo-access=1; __Host-userdo-access=2")).toBe(404);
  });
});
