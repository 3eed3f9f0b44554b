import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHandler } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, origin, password, signUp } from "../fixtures/browser.js";

const handler = createHandler(appRouter, {
  binding: "BLOG_DO",
  allowedOrigins: ["capacitor://localhost", "https://*.blog.pages.dev"],
});

async function send(path: string, headers: Record<string, string>, init: RequestInit = {}): Promise<Response> {
  const request = new Request(origin + path, { ...init, headers });
  return (await handler(request, env, createExecutionContext()))!;
}

const post = (path: string, input: unknown, headers: Record<string, string>) =>
  send(
    path,
    { "content-type": "application/json", ...headers },
    { method: "POST", body: JSON.stringify({ json: input }) },
  );

const codeIn = async (response: Response) =>
  ((await response.json()) as { error?: { json: { data: { code: string } } } }).error?.json.data.code;

describe.each(["capacitor://localhost", "https://0a1b2c3d.blog.pages.dev"])("a page of %s", (page) => {
  it("signs up, and calls with its token", async () => {
    const headers = { origin: page, "sec-fetch-site": "cross-site" };
    const preflight = await send(
      "/trpc/auth.signup",
      {
        ...headers,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,sentry-trace",
      },
      { method: "OPTIONS" },
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(page);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("sentry-trace");

    const signedUp = await post("/trpc/auth.signup", { email: freshEmail(), password, tokens: "body" }, headers);
    expect(signedUp.headers.get("access-control-allow-origin")).toBe(page);
    const { result } = (await signedUp.json()) as { result: { data: { json: { tokens: { accessToken: string } } } } };
    const authorization = `Bearer ${result.data.json.tokens.accessToken}`;
    const me = await send("/trpc/auth.me", { ...headers, authorization, "sentry-trace": "0-1" });
    expect([me.status, me.headers.get("access-control-allow-origin")]).toEqual([200, page]);
  });
});

describe("a page of an origin that is not allowed", () => {
  const headers = { origin: "chrome-extension://abcdefghijklmnop", "sec-fetch-site": "cross-site" };

  it("calls with a token and no cookies, and gets no CORS headers", async () => {
    const { browser } = await signUp();
    const authorization = `Bearer ${browser.cookies.get("__Host-userdo-access")}`;
    for (const response of [
      await send("/trpc/auth.me", { ...headers, authorization }),
      await post("/trpc/posts.create", { title: "Tea", body: "" }, { ...headers, authorization }),
    ]) {
      expect(response.status).toBe(200);
      expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    const opened = await send("/trpc", { ...headers, authorization, upgrade: "websocket" });
    expect(opened.status).toBe(101);
    opened.webSocket?.accept();
    opened.webSocket?.close();
  });

  it("is not signed in by cookies beside a token, nor without either", async () => {
    const { browser } = await signUp();
    const cookie = Array.from(browser.cookies, (pair) => pair.join("=")).join("; ");
    const authorization = `Bearer ${browser.cookies.get("__Host-userdo-access")}`;
    expect(await codeIn(await send("/trpc/auth.me", { ...headers, cookie }))).toBe("FORBIDDEN");
    expect(await codeIn(await send("/trpc/auth.me", { ...headers, cookie, authorization }))).toBe("FORBIDDEN");
    const input = { email: freshEmail(), password, tokens: "body" };
    expect(await codeIn(await post("/trpc/auth.signup", input, headers))).toBe("FORBIDDEN");
  });

  it("gets 401 for a token that is not valid", async () => {
    const response = await send("/trpc/auth.me", { ...headers, authorization: "Bearer x.y.z" });
    expect(await codeIn(response)).toBe("UNAUTHORIZED");
  });
});

describe("a browser that sends no Sec-Fetch-Site", () => {
  it("makes queries from the app's pages, signed in and not", async () => {
    const { browser, user } = await signUp();
    const cookie = ["_ga=1", ...Array.from(browser.cookies, (pair) => pair.join("="))].join("; ");
    const me = await send("/trpc/auth.me", { cookie, referer: `${origin}/account` });
    expect(await me.json()).toMatchObject({ result: { data: { json: { user: { id: user.id } } } } });
    expect(await codeIn(await send("/trpc/auth.me", { cookie: "_ga=1" }))).toBe("UNAUTHORIZED");
  });

  it("is rejected where nothing shows which page sends the session's cookies", async () => {
    const { browser } = await signUp();
    const cookie = Array.from(browser.cookies, (pair) => pair.join("=")).join("; ");
    expect(await codeIn(await send("/trpc/auth.me", { cookie }))).toBe("FORBIDDEN");
    expect(await codeIn(await send("/trpc/auth.me", { cookie, referer: "https://evil.com/" }))).toBe("FORBIDDEN");
  });
});

it("signs in by a form of a page with the policy no-referrer", async () => {
  const { email } = await signUp();
  const response = await send(
    "/trpc/form/login",
    {
      origin: "null",
      "sec-fetch-site": "same-origin",
      "sec-fetch-mode": "navigate",
      "content-type": "application/x-www-form-urlencoded",
    },
    { method: "POST", body: new URLSearchParams({ email, password }).toString() },
  );
  expect([response.status, response.headers.get("location")]).toEqual([303, `${origin}/`]);
});
