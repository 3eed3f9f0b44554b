import { describe, expect, it } from "vitest";
import { decodeJwt, getEmailFromToken, isTokenExpired, signJwt, verifyJwt } from "trpc-userdo/jwt";
import { generateAccessToken, generatePasswordResetToken, generateRefreshToken } from "trpc-userdo/jwt";
import { signAccessToken, verifyAccessToken } from "../../src/jwt/access-token.js";
import { refreshTokenOf, verifyRefreshToken } from "../../src/jwt/refresh-token.js";
import { signSocketPass } from "../../src/jwt/socket-pass.js";
import { access, audience, email, flipped, secret, seconds, sessionId, userId } from "./custom-token.js";

describe("the framework's own tokens", () => {
  it("verifies the server's access tokens, and the server verifies generated ones", async () => {
    const expiresAt = Date.now() + 60_000;
    const own = await signAccessToken(
      { userId, sessionId, email },
      { secrets: { current: secret }, audience, expiresAt },
    );
    const result = await verifyJwt(own, access);
    expect(result).toMatchObject({ ok: true, payload: { sub: userId, sid: sessionId, email, aud: audience } });
    expect(getEmailFromToken(own)).toBe(email);
    expect(isTokenExpired(decodeJwt(own)!)).toBe(false);

    const generated = await generateAccessToken({ userId, email, sessionId }, { secret, audience });
    expect(await verifyAccessToken(generated, { secrets: { current: secret }, audience })).toMatchObject({
      userId,
      sessionId,
    });
    expect(decodeJwt(generated)!.exp! - seconds()).toBeLessThanOrEqual(900);
  });

  it("generates the same refresh token as the server", async () => {
    const claims = { userId, sessionId, generation: 3 };
    const token = await generateRefreshToken(claims, { secret, audience });
    expect(token).toBe(await refreshTokenOf(claims, { secrets: { current: secret }, audience }));
    expect(await verifyRefreshToken(token, { secrets: { current: secret }, audience })).toEqual(claims);
    expect(await verifyJwt(token, { ...access, purpose: "refresh" })).toEqual({
      ok: true,
      payload: { sub: userId, sid: sessionId, generation: 3 },
    });
    for (const bad of [token.replace(".3.", ".4."), `${token}x`, "", flipped(token)]) {
      expect(await verifyJwt(bad, { ...access, purpose: "refresh" })).toEqual({ ok: false, error: "malformed" });
    }
    const elsewhere = await verifyJwt(token, { ...access, purpose: "refresh", audience: "OTHER_DO" });
    expect(elsewhere).toEqual({ ok: false, error: "malformed" });
  });

  it("preserves claims that are not ASCII", async () => {
    const token = await signJwt({ sub: "zoë", name: "Ünïcödé 🚀 名前" }, { secret, audience });
    expect(decodeJwt(token)).toMatchObject({ sub: "zoë", name: "Ünïcödé 🚀 名前" });
    expect(await verifyJwt(token, { ...access, purpose: "app" })).toMatchObject({ ok: true, payload: { sub: "zoë" } });
  });

  it("rejects a token of one purpose for every other purpose", async () => {
    const expiresAt = Date.now() + 60_000;
    const caller = { type: "user", userId, sessionId, via: "session" } as const;
    const tokens = {
      access: await generateAccessToken({ userId, email, sessionId }, { secret, audience }),
      passwordReset: await generatePasswordResetToken({ userId, email }, { secret, audience }),
      app: await signJwt({ sub: userId, sid: sessionId, typ: "at+jwt" }, { secret, audience }),
      refresh: await generateRefreshToken({ userId, sessionId }, { secret, audience }),
      socket: await signSocketPass({ caller, to: userId, expiresAt }, { secrets: { current: secret }, audience }),
    };
    for (const purpose of ["access", "passwordReset", "app", "refresh"] as const) {
      for (const [name, token] of Object.entries(tokens)) {
        const { ok } = await verifyJwt(token, { ...access, purpose });
        expect(`${name} as ${purpose}: ${ok}`).toBe(`${name} as ${purpose}: ${name === purpose}`);
      }
    }
    expect(await verifyJwt(tokens.passwordReset, access)).toEqual({ ok: false, error: "purpose" });
    for (const name of ["passwordReset", "app", "refresh", "socket"] as const) {
      expect(await verifyAccessToken(tokens[name], { secrets: { current: secret }, audience })).toBeUndefined();
    }
  });

  it("does not let claims override the reserved claims", async () => {
    const claims = { sub: userId, iss: "somebody", aud: "OTHER_DO", exp: 9_999_999_999, iat: 0 };
    const { payload } = (await verifyJwt(await signJwt(claims, { secret, audience, expiresIn: 5 * 60 }), {
      ...access,
      purpose: "app",
    })) as { payload: Record<string, unknown> };
    expect(payload).toMatchObject({ iss: "trpc-userdo", aud: audience });
    expect(Number(payload["exp"]) - seconds()).toBeLessThanOrEqual(300);
  });
});
