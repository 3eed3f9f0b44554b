import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler } from "trpc-userdo/worker";
import type { AppRouter } from "../fixtures/app/router.js";
import { appRouter } from "../fixtures/app/router.js";
import { codeOf } from "../fixtures/error-code.js";
import { freshEmail, openBrowser, origin, password, send, sessionCookies, signUp } from "../fixtures/browser.js";
import { upgrade } from "../fixtures/socket.js";
import { moveClock } from "../fixtures/move-clock.js";

const MINUTE = 60_000;
const noCookies = { cookies: new Map<string, string>() };

afterEach(() => void vi.useRealTimers());

/** A client that is not a browser: no cookies, no origin, at most a token. */
function app(token?: string) {
  const responses: Response[] = [];
  const client = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${origin}/trpc`,
        transformer: superjson,
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
        async fetch(url, init) {
          const response = await send(String(url), init as RequestInit);
          responses.push(response.clone());
          return response;
        },
      }),
    ],
  });
  return { client, responses };
}

async function signedUp() {
  const { client, responses } = app();
  const email = freshEmail();
  const { user, session, tokens } = await client.auth.signup.mutate({ email, password, tokens: "body" });
  return { email, user, session, tokens: tokens!, responses };
}

describe("tokens in the body", () => {
  it("with a stale bearer token do not prevent the cookies of a new sign-in", async () => {
    const { email } = await signedUp();
    const stale = app("made.up.token");
    await stale.client.auth.login.mutate({ email, password });
    expect(stale.responses[0]?.headers.getSetCookie().map((cookie) => cookie.split("=", 1)[0])).toEqual([
      "__Host-userdo-access",
      "__Host-userdo-refresh",
      "__Host-userdo-device",
      expect.stringMatching(/^__Host-userdo-session-[0-9a-f]{32}-0$/),
    ]);
  });

  it("are returned by sign-up and sign-in without any cookie", async () => {
    const { email, tokens, responses } = await signedUp();
    const again = app();
    const signedIn = await again.client.auth.login.mutate({ email, password, tokens: "body" });
    for (const response of [...responses, ...again.responses]) expect(response.headers.getSetCookie()).toEqual([]);
    for (const { accessToken, accessExpiresAt, refreshToken, refreshExpiresAt } of [tokens, signedIn.tokens!]) {
      expect(accessToken.split(".")).toHaveLength(3);
      expect(refreshToken.split(".")).toHaveLength(4);
      expect(accessExpiresAt).toBeGreaterThan(Date.now());
      expect(refreshExpiresAt).toBeGreaterThan(accessExpiresAt);
    }
    expect(signedIn.tokens!.refreshToken).not.toBe(tokens.refreshToken);
  });

  it("are absent when the client requests cookies", async () => {
    const { email } = await signedUp();
    const browser = openBrowser();
    const signedIn = await browser.client().auth.login.mutate({ email, password, tokens: "cookies" });
    expect(signedIn.tokens).toBeUndefined();
    expect(sessionCookies(browser)).toHaveLength(3);
  });

  it("authenticate calls and socket upgrades as a Bearer token", async () => {
    const { user, tokens } = await signedUp();
    expect((await app(tokens.accessToken).client.auth.me.query()).user.id).toBe(user.id);
    const opened = await upgrade(noCookies, { Authorization: `Bearer ${tokens.accessToken}` });
    expect(opened.status).toBe(101);
    opened.webSocket!.accept();
    opened.webSocket!.send(JSON.stringify({ id: 1, method: "query", params: { path: "auth.me" } }));
    const reply = await new Promise<string>((resolve) => {
      opened.webSocket!.addEventListener("message", ({ data }) => resolve(String(data)));
    });
    expect(reply).toContain(user.id);
    opened.webSocket!.close();
    expect((await upgrade(noCookies, { Authorization: `Bearer ${tokens.refreshToken}` })).status).toBe(401);
  });

  it("are refreshed in the body, and the old access token expires", async () => {
    const { user, tokens } = await signedUp();
    const { client, responses } = app();
    moveClock(16 * MINUTE);
    expect(await codeOf(app(tokens.accessToken).client.auth.me.query())).toBe("UNAUTHORIZED");
    const { tokens: next } = await client.auth.refresh.mutate({ refreshToken: tokens.refreshToken });
    expect(responses[0]!.headers.getSetCookie()).toEqual([]);
    expect(next!.refreshToken).not.toBe(tokens.refreshToken);
    expect((await app(next!.accessToken).client.auth.me.query()).user.id).toBe(user.id);
  });

  it("get the same successor when twenty clients refresh at once", async () => {
    const { tokens } = await signedUp();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => app().client.auth.refresh.mutate({ refreshToken: tokens.refreshToken })),
    );
    expect(new Set(replies.map((reply) => reply.tokens!.refreshToken)).size).toBe(1);
  });

  it("end the session when a rotated refresh token is used later", async () => {
    const { tokens } = await signedUp();
    const { client } = app();
    const { tokens: next } = await client.auth.refresh.mutate({ refreshToken: tokens.refreshToken });
    await app(next!.accessToken).client.auth.me.query();
    moveClock(31_000);
    expect(await codeOf(client.auth.refresh.mutate({ refreshToken: tokens.refreshToken }))).toBe("UNAUTHORIZED");
    expect(await codeOf(client.auth.refresh.mutate({ refreshToken: next!.refreshToken }))).toBe("UNAUTHORIZED");
    expect(await codeOf(app(next!.accessToken).client.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("end the session at sign-out, without clearing cookies", async () => {
    const { tokens } = await signedUp();
    const { client, responses } = app(tokens.accessToken);
    await client.auth.logout.mutate();
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    for (const response of responses) expect(response.headers.getSetCookie()).toEqual([]);
    expect(await codeOf(client.auth.refresh.mutate({ refreshToken: tokens.refreshToken }))).toBe("UNAUTHORIZED");
  });

  it("are named as the cause of a 401, if they are invalid", async () => {
    const { tokens } = await signedUp();
    const challenge = async (token: string | undefined) => {
      const { client, responses } = app(token);
      await codeOf(client.auth.me.query());
      return responses[0]!.headers.get("www-authenticate");
    };
    expect(await challenge("not.a.token")).toBe('Bearer error="invalid_token"');
    expect(await challenge(undefined)).toBeNull();
    expect(await challenge(tokens.accessToken)).toBeNull();
  });
});

describe("auth.refresh by cookie", () => {
  it("rotates the cookies, and keeps the tokens out of the body", async () => {
    const { browser, client } = await signUp();
    const before = new Map(browser.cookies);
    expect(await client.auth.refresh.mutate()).toEqual({});
    expect(browser.cookies.get("__Host-userdo-refresh")).not.toBe(before.get("__Host-userdo-refresh"));
    expect(await codeOf(client.auth.me.query())).toBe("none");
  });

  it("works without the access cookie, and rotates once", async () => {
    const { browser, client } = await signUp();
    browser.cookies.delete("__Host-userdo-access");
    await client.auth.refresh.mutate({});
    expect(browser.cookies.get("__Host-userdo-refresh")).toMatch(/^[^.]+\.[^.]+\.1\./);
  });

  it("clears the cookies of a revoked session, unless a token in the body was rejected", async () => {
    const { browser, client, session } = await signUp();
    const other = await signedUp();
    await app(other.tokens.accessToken).client.auth.logout.mutate();
    expect(await codeOf(client.auth.refresh.mutate({ refreshToken: other.tokens.refreshToken }))).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toHaveLength(3);
    const copy = openBrowser();
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    await client.sessions.revoke.mutate({ id: session.id });
    expect(await codeOf(copy.client().auth.refresh.mutate())).toBe("UNAUTHORIZED");
    expect(sessionCookies(copy)).toEqual([]);
  });

  it("calls no object for a forged or missing token", async () => {
    const names: string[] = [];
    const BLOG_DO = { getByName: (name: string) => (names.push(name), env.BLOG_DO.getByName(name)) };
    const handler = createHandler(appRouter, { binding: "BLOG_DO" });
    const statusOf = async (input: unknown, cookie?: string) => {
      const headers = new Headers({ "content-type": "application/json", ...(cookie && { cookie, origin }) });
      const body = JSON.stringify({ json: input });
      const request = new Request(`${origin}/trpc/auth.refresh`, { method: "POST", headers, body });
      return (await handler(request, { ...env, BLOG_DO }, {}))?.status;
    };
    const { tokens } = await signedUp();
    const forged = tokens.refreshToken.replace(".0.", ".1.");
    for (const token of [forged, "", "x".repeat(4_000), `${tokens.refreshToken}x`, tokens.accessToken]) {
      expect(await statusOf({ refreshToken: token })).toBe(401);
      expect(await statusOf({}, `__Host-userdo-refresh=${token}`)).toBe(401);
    }
    expect(await statusOf(undefined)).toBe(401);
    expect(names).toEqual([]);
  });
});
