import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler } from "trpc-userdo/worker";
import { signAccessToken } from "../../src/jwt/access-token.js";
import { refreshTokenOf } from "../../src/jwt/refresh-token.js";
import { signSocketPass } from "../../src/jwt/socket-pass.js";
import { kidOf } from "../../src/jwt/signing-secrets.js";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, origin, signUp } from "../fixtures/browser.js";

const handler = createHandler(appRouter, { binding: "BLOG_DO" });
const victim = "0123456789abcdef0123456789abcdef";
const sessionId = "fedcba9876543210fedcba9876543210";
const secrets = { current: env.JWT_SECRET };
const audience = "BLOG_DO";

/** Sends a request to the app, and says which objects it went to. */
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

describe("a caller without a valid token", () => {
  it.each(Object.keys(tokens))("D5 hostile 67: a token %s touches no object", async (name) => {
    const token = (await tokens[name]?.()) ?? "";
    const cookie = `__Host-userdo-access=${token}`;
    expect(await touched(cookie)).toEqual({ names: [], status: 401 });
    expect(await touched("a=b", { headers: { Authorization: `Bearer ${token}` } })).toEqual({ names: [], status: 401 });
    expect(await touched(cookie, { headers: { Upgrade: "websocket" } }, "/trpc")).toEqual({ names: [], status: 401 });
  });

  it("D5 a valid one goes to its own user's object, and to that alone", async () => {
    const { browser, user } = await signUp();
    const cookie = `__Host-userdo-access=${browser.cookies.get("__Host-userdo-access")}`;
    expect(await touched(cookie)).toEqual({ names: [`user:${user.id}`], status: 200 });
  });

  it("D5 ten calls of a batch for one object are one RPC", async () => {
    const { browser } = await signUp();
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const path = `/trpc/${Array.from({ length: 10 }, () => "posts.list").join()}?batch=1`;
    expect((await touched(cookie, {}, path)).names).toHaveLength(1);
  });

  it("D5 an expired one, alone, touches no object", async () => {
    const token = await signAccessToken(claims, { secrets, audience, expiresAt });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    expect(await touched(`__Host-userdo-access=${token}`)).toEqual({ names: [], status: 401 });
  });

  it("D5 a refresh token whose MAC does not hold touches no object", async () => {
    const token = await refreshTokenOf(
      { ...claims, generation: 0 },
      { secrets: { current: "another secret of more than 32 bytes" }, audience },
    );
    const good = await refreshTokenOf({ ...claims, generation: 0 }, { secrets, audience });
    for (const refused of [token, good.replace(".0.", ".1."), `${good}x`, good.slice(0, -1)]) {
      expect(await touched(`__Host-userdo-refresh=${refused}`)).toEqual({ names: [], status: 401 });
    }
  });

  it("D5 signing in asks the address's objects, and no refresh token is spent for it", async () => {
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
