import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler } from "trpc-userdo/worker";
import { signAccessToken } from "../../src/jwt/access-token.js";
import { refreshTokenOf } from "../../src/jwt/refresh-token.js";
import { signSocketPass } from "../../src/jwt/socket-pass.js";
import { kidOf } from "../../src/jwt/keyring.js";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, origin, signUp } from "../fixtures/browser.js";

const handler = createHandler(appRouter, { binding: "BLOG_DO" });
const victim = "0123456789abcdef0123456789abcdef";
const sessionId = "fedcba9876543210fedcba9876543210";
const secrets = { current: env.JWT_SECRET };
const audience = "BLOG_DO";

/** Sends a request to the app, and returns which objects it called. */
async function touched(cookie: string, init: RequestInit = {}, path = "/trpc/posts.list") {
  const names: string[] = [];
  const namespace = {
    getByName(name: string) {
      names.push(name);
      return env.BLOG_DO.getByName(name);
    },
  };
  const headers = new Headers({ Origin: origin, Cookie: cookie, ...(init.headers as Record<string, string>) });
  const response = await handler(new Request(origin + path, { ...init, headers }), { ...env, BLOG_DO: namespace }, {});
  return { names, status: response?.status };
}

afterEach(() => void vi.useRealTimers());

const expiresAt = Date.now() + 600_000;
const claims = { userId: victim, sessionId };

async function forged(header: object, payload: object, secret = env.JWT_SECRET): Promise<string> {
  const full = { sub: victim, sid: sessionId, jti: "x", iss: "trpc-userdo", aud: audience, ...payload };
  return new SignJWT(full)
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: await kidOf(env.JWT_SECRET), ...header })
    .setIssuedAt()
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(new TextEncoder().encode(secret));
}

const tokens: Record<string, () => Promise<string>> = {
  "signed with another secret": () => forged({}, {}, "x".repeat(48)),
  "of another purpose": () =>
    signSocketPass(
      { caller: { type: "user", ...claims, via: "session" }, to: victim, expiresAt },
      { secrets, audience },
    ),
  "for another app": () => signAccessToken(claims, { secrets, audience: "OTHER_DO", expiresAt }),
  "of another issuer": () => forged({}, { iss: "somebody" }),
  "of another type": () => forged({ typ: "JWT" }, {}),
  "of an unknown key": () => forged({ kid: "../../etc/passwd" }, {}),
  "without a signature": () =>
    Promise.resolve(`${btoa('{"alg":"none","typ":"at+jwt"}')}.${btoa(`{"sub":"${victim}"}`)}.`.replaceAll("=", "")),
  "of a megabyte": () => Promise.resolve("x".repeat(4_000)),
};

const post = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

/** The request of each transport, and the response to an anonymous one. */
const requests: Record<string, { path: string; init: RequestInit; anonymous: number }> = {
  single: { path: "/trpc/posts.list", init: {}, anonymous: 401 },
  mutation: { path: "/trpc/auth.logout", init: { method: "POST", headers: post }, anonymous: 401 },
  batch: { path: "/trpc/posts.list,auth.me?batch=1", init: {}, anonymous: 401 },
  "batch-stream": {
    path: "/trpc/posts.list?batch=1",
    init: { headers: { "trpc-accept": "application/jsonl" } },
    anonymous: 200,
  },
  // A sign-out without a session succeeds.
  form: { path: "/trpc/form/logout", init: { method: "POST", headers: form, body: "" }, anonymous: 303 },
  upgrade: { path: "/trpc", init: { headers: { Upgrade: "websocket" } }, anonymous: 401 },
};

/** The responses to a request with these cookies or headers over each transport, and the objects that they call. */
async function overEach(cookie: string, headers: Record<string, string> = {}) {
  const results: [string, { names: string[]; status: number | undefined }][] = [];
  for (const [name, { path, init }] of Object.entries(requests)) {
    const merged = { ...(init.headers as Record<string, string>), ...headers };
    results.push([name, await touched(cookie, { ...init, headers: merged, redirect: "manual" }, path)]);
  }
  return Object.fromEntries(results);
}

const anonymousousResults = Object.fromEntries(
  Object.entries(requests).map(([name, request]) => [name, { names: [], status: request.anonymous }]),
);
const rejectedResults = Object.fromEntries(Object.keys(requests).map((name) => [name, { names: [], status: 400 }]));

describe("a caller without a valid token", () => {
  it.each(Object.keys(tokens))("calls no object with a token %s, over any transport", async (name) => {
    const token = (await tokens[name]?.()) ?? "";
    expect(await overEach(`__Host-userdo-access=${token}`)).toEqual(anonymousousResults);
    expect(await overEach("a=b", { Authorization: `Bearer ${token}` })).toEqual(anonymousousResults);
  });

  it("calls no object with a cookie that was changed, cut short, or copied from elsewhere, over any transport", async () => {
    const { browser } = await signUp();
    const access = browser.cookies.get("__Host-userdo-access") ?? "";
    const refresh = browser.cookies.get("__Host-userdo-refresh") ?? "";
    const elsewhere = { secrets: { current: "another environment's own secret, 32 bytes" }, audience };
    const other = await signAccessToken(claims, { ...elsewhere, expiresAt });
    const [header, payload, signature] = access.split(".");
    const cookies = [
      `__Host-userdo-access=${access.slice(0, -1)}`,
      `__Host-userdo-access=${header}.${payload}`,
      `__Host-userdo-access=${header}.${payload}x.${signature}`,
      `__Host-userdo-access=${access}x`,
      `__Host-userdo-access="${access.slice(0, 20)}`,
      `__Host-userdo-access=%00${access}`,
      `__Host-userdo-access=${other}`,
      `__Host-userdo-refresh=${refresh.slice(0, -1)}`,
      `__Host-userdo-refresh=${refresh.replace(".0.", ".00.")}`,
      `__Host-userdo-refresh=${refresh.replace(".0.", ".-1.")}`,
      `__Host-userdo-refresh=${await refreshTokenOf({ ...claims, generation: 0 }, elsewhere)}`,
      // The other cookie's name, and names that differ slightly from the cookie's.
      `__Host-userdo-access=${refresh}; __Host-userdo-refresh=${access}`,
      `userdo-access=${access}; userdo-refresh=${refresh}`,
      `__host-userdo-access=${access}`,
      `__Secure-userdo-access=${access}`,
      `=__Host-userdo-access=${access}`,
      `__Host-userdo-access =${access.slice(1)}`,
      "__Host-userdo-access",
      "; ;; =; __proto__=1",
    ];
    for (const cookie of cookies)
      expect({ cookie, ...(await overEach(cookie)) }).toEqual({ cookie, ...anonymousousResults });
  });

  it("is rejected with two cookies with one of the app's names in every kind of request", async () => {
    const { browser } = await signUp();
    const access = `__Host-userdo-access=${browser.cookies.get("__Host-userdo-access")}`;
    for (const cookie of [`${access}; ${access}`, `${access};__Host-userdo-access =x`, `${access}; a=1; ${access}`]) {
      expect({ cookie, ...(await overEach(cookie)) }).toEqual({ cookie, ...rejectedResults });
    }
  });

  it("differs from a caller with a valid one, who reaches their own object only", async () => {
    const { browser, user } = await signUp();
    const cookie = `__Host-userdo-access=${browser.cookies.get("__Host-userdo-access")}`;
    expect(await touched(cookie)).toEqual({ names: [`user:${user.id}`], status: 200 });
  });

  it("differs from a caller whose ten calls of a batch are one RPC", async () => {
    const { browser } = await signUp();
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const path = `/trpc/${Array.from({ length: 10 }, () => "posts.list").join()}?batch=1`;
    expect((await touched(cookie, {}, path)).names).toHaveLength(1);
  });

  it("calls no object with an expired access token alone", async () => {
    const token = await signAccessToken(claims, { secrets, audience, expiresAt });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    expect(await touched(`__Host-userdo-access=${token}`)).toEqual({ names: [], status: 401 });
  });

  it("calls no object with a refresh token whose MAC is invalid", async () => {
    const token = await refreshTokenOf(
      { ...claims, generation: 0 },
      { secrets: { current: "another secret of more than 32 bytes" }, audience },
    );
    const good = await refreshTokenOf({ ...claims, generation: 0 }, { secrets, audience });
    for (const rejectedResults of [token, good.replace(".0.", ".1."), `${good}x`, good.slice(0, -1)]) {
      expect(await touched(`__Host-userdo-refresh=${rejectedResults}`)).toEqual({ names: [], status: 401 });
    }
  });

  it("calls the email object to sign in, without using up a refresh token", async () => {
    const refresh = await refreshTokenOf({ ...claims, generation: 0 }, { secrets, audience });
    const body = JSON.stringify({ json: { email: freshEmail(), password: "correct horse battery" } });
    const { names, status } = await touched(
      `__Host-userdo-refresh=${refresh}`,
      { method: "POST", headers: { "content-type": "application/json" }, body },
      "/trpc/auth.login",
    );
    expect({ kinds: names.map((name) => name.split(":")[0]), status }).toEqual({ kinds: ["email"], status: 401 });
  });
});
