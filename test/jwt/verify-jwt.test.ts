import { createHmac } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it, vi } from "vitest";
import {
  decodeJwt,
  getEmailFromToken,
  isTokenExpired,
  signJwt,
  verifyJwt,
  type VerifyJwtOptions,
} from "trpc-userdo/jwt";
import { generateAccessToken, generatePasswordResetToken, generateRefreshToken } from "trpc-userdo/jwt";
import { signAccessToken, verifyAccessToken } from "../../src/jwt/access-token.js";
import { refreshTokenOf, verifyRefreshToken } from "../../src/jwt/refresh-token.js";
import { kidOf } from "../../src/jwt/signing-secrets.js";
import { signSocketPass } from "../../src/jwt/socket-pass.js";

const secret = "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w";
const audience = "BLOG_DO";
const userId = "0123456789abcdef0123456789abcdef";
const sessionId = "fedcba9876543210fedcba9876543210";
const email = "ada@example.com";
const access = { purpose: "access", secret, audience } as const;
const seconds = () => Math.floor(Date.now() / 1000);

/** A token whose every part can be wrong. */
async function made(header: object = {}, claims: object = {}, key = secret): Promise<string> {
  const full = { iss: "trpc-userdo", aud: audience, sub: userId, sid: sessionId, iat: seconds(), exp: seconds() + 600 };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "at+jwt", kid: await kidOf(secret), ...header })}.${part({ ...full, ...claims })}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

function withoutSignature(token: string): string {
  return token.slice(0, token.lastIndexOf(".") + 1);
}

/** The same signature with another last character: its two lowest bits are not part of it. */
function flipped(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1];
}

describe("the framework's own tokens", () => {
  it("T1 an access token of the server is verified, and the other way round", async () => {
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

  it("T1 a refresh token is the server's own, to the character", async () => {
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

  it("T1 claims that are not ASCII survive", async () => {
    const token = await signJwt({ sub: "zoë", name: "Ünïcödé 🚀 名前" }, { secret, audience });
    expect(decodeJwt(token)).toMatchObject({ sub: "zoë", name: "Ünïcödé 🚀 名前" });
    expect(await verifyJwt(token, { ...access, purpose: "app" })).toMatchObject({ ok: true, payload: { sub: "zoë" } });
  });

  it("T1 A10 a token of one purpose is never good for another", async () => {
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

  it("T1 claims cannot override what a token is", async () => {
    const claims = { sub: userId, iss: "somebody", aud: "OTHER_DO", exp: 9_999_999_999, iat: 0 };
    const { payload } = (await verifyJwt(await signJwt(claims, { secret, audience, minutes: 5 }), {
      ...access,
      purpose: "app",
    })) as { payload: Record<string, unknown> };
    expect(payload).toMatchObject({ iss: "trpc-userdo", aud: audience });
    expect(Number(payload["exp"]) - seconds()).toBeLessThanOrEqual(300);
  });
});

const hostile: readonly (readonly [string, string, () => Promise<string | null | undefined>])[] = [
  ["none at all", "malformed", () => Promise.resolve(undefined)],
  ["the empty text", "malformed", () => Promise.resolve("")],
  ["a text", "malformed", () => Promise.resolve("not a token")],
  ["a megabyte", "malformed", () => Promise.resolve("x".repeat(1_048_576))],
  ["a megabyte of claims", "malformed", () => made({}, { big: "x".repeat(1_048_576) })],
  ["alg none", "algorithm", async () => withoutSignature(await made({ alg: "none" }))],
  ["alg None", "algorithm", async () => withoutSignature(await made({ alg: "None" }))],
  ["alg none, with a signature", "algorithm", () => made({ alg: "none" })],
  ["another algorithm", "algorithm", () => made({ alg: "HS512" })],
  ["RS256, signed with the secret", "algorithm", () => made({ alg: "RS256" })],
  ["a key of its own", "signature", () => made({ jwk: { kty: "oct", k: "AAAA" } }, {}, "x".repeat(32))],
  ["an unknown key", "unknownKey", () => made({ kid: "unknown" })],
  ["a path for a key", "unknownKey", () => made({ kid: "../../../../dev/null" })],
  ["no key named", "unknownKey", () => made({ kid: undefined })],
  ["a critical header", "malformed", () => made({ crit: ["x"], x: 1 })],
  ["another type", "purpose", () => made({ typ: "JWT" })],
  ["no type", "purpose", () => made({ typ: undefined })],
  ["a reset token's type", "purpose", () => made({ typ: "reset+jwt" })],
  ["another secret", "signature", () => made({}, {}, "another secret of more than 32 bytes!")],
  ["no signature", "signature", async () => withoutSignature(await made())],
  ["a flipped last character", "signature", async () => flipped(await made())],
  ["another issuer", "issuer", () => made({}, { iss: "somebody" })],
  ["no issuer", "issuer", () => made({}, { iss: undefined })],
  ["another audience", "audience", () => made({}, { aud: "OTHER_DO" })],
  ["several audiences", "audience", () => made({}, { aud: [audience, "OTHER_DO"] })],
  ["a list of one audience", "audience", () => made({}, { aud: [audience] })],
  ["no audience", "audience", () => made({}, { aud: undefined })],
  ["a time that is over", "expired", () => made({}, { iat: seconds() - 700, exp: seconds() - 1 })],
  ["a time that is over now", "expired", () => made({}, { exp: seconds() })],
  ["a time as text", "malformed", () => made({}, { exp: String(seconds() + 600) })],
  ["no time", "malformed", () => made({}, { exp: undefined })],
  ["a beginning that is ahead", "notYetValid", () => made({}, { nbf: seconds() + 60 })],
  ["issued ahead", "notYetValid", () => made({}, { iat: seconds() + 60 })],
  ["issued at no time", "malformed", () => made({}, { iat: undefined })],
  ["issued too long ago", "expired", () => made({}, { iat: seconds() - 90_000 })],
  ["nobody", "malformed", () => made({}, { sub: undefined })],
  ["a number for a user", "malformed", () => made({}, { sub: 7 })],
  ["claims that are no object", "unknownKey", () => Promise.resolve(`${btoa('{"alg":"HS256"}')}.${btoa("[]")}.AAAA`)],
];

describe("tokens that do not hold", () => {
  it("T1 hostile 67: without a fault, the same token holds", async () => {
    expect(await verifyJwt(await made(), access)).toMatchObject({ ok: true });
    expect(
      await verifyJwt(await made({}, { exp: seconds() - 3, iat: seconds() - 60 }), { ...access, clockTolerance: 5 }),
    ).toMatchObject({ ok: true });
  });

  it.each(hostile)("T1 hostile 67: %s is %s", async (_name, error, token) => {
    const made = await token();
    expect(await verifyJwt(made, access)).toEqual({ ok: false, error });
    if (typeof made === "string" && made.length < 4_096) {
      expect(await verifyAccessToken(made, { secrets: { current: secret }, audience })).toBeUndefined();
    }
  });

  it("T1 decoding never throws, and says nothing of what is no token", () => {
    for (const text of [undefined, null, "", "a.b.c", "x".repeat(1_048_576), `a.${btoa("7")}.b`]) {
      expect(decodeJwt(text)).toBeUndefined();
      expect(getEmailFromToken(text)).toBeUndefined();
    }
  });

  it("T1 nothing is read as an address that is not one text", async () => {
    expect(getEmailFromToken(await made({}, { email: ["a@example.com"] }))).toBeUndefined();
  });

  it.each([
    [{}, false],
    [{ exp: seconds() + 10 }, false],
    [{ exp: seconds() - 10 }, true],
    [{ exp: "9999999999" }, true],
    [{ exp: Number.NaN }, true],
    [{ exp: null }, true],
  ])("T1 isTokenExpired(%j) is %s", (payload, expired) => {
    expect(isTokenExpired(payload)).toBe(expired);
  });
});

describe("keys", () => {
  it("T1 a secret below 32 bytes neither signs nor verifies", async () => {
    const short = { secret: "x".repeat(31), audience };
    await expect(async () => signJwt({ sub: userId }, short)).rejects.toThrow(TypeError);
    await expect(verifyJwt("", { ...short, purpose: "app" })).rejects.toThrow("32 bytes");
    await expect(generateRefreshToken({ userId, sessionId }, short)).rejects.toThrow(TypeError);
  });

  it.each([0, -1, Number.NaN, Infinity, 400 * 24 * 60 + 1])(
    "T1 a token does not live for %d minutes",
    async (minutes) => {
      await expect(async () => signJwt({ sub: userId }, { secret, audience, minutes })).rejects.toThrow(TypeError);
    },
  );

  it("T1 ids that are none make no refresh token", async () => {
    await expect(generateRefreshToken({ userId: "ada", sessionId }, { secret, audience })).rejects.toThrow(TypeError);
    await expect(generateRefreshToken({ userId, sessionId, generation: -1 }, { secret, audience })).rejects.toThrow(
      TypeError,
    );
  });

  it("T1 a secret rotates: what the last one signed holds until it expires", async () => {
    const next = "another secret of more than 32 bytes!";
    const old = await generateAccessToken({ userId, email }, { secret, audience });
    expect(await verifyJwt(old, { ...access, secret: next })).toEqual({ ok: false, error: "unknownKey" });
    expect(await verifyJwt(old, { ...access, secret: next, previousSecret: secret })).toMatchObject({ ok: true });
  });

  it.each(["ES256", "EdDSA"] as const)(
    "T1 %s: the public key verifies, rotates by kid, and cannot sign",
    async (alg) => {
      const { privateKey, publicKey } = await keysFor(alg);
      const other = await keysFor(alg);
      const token = await generateAccessToken({ userId, email, sessionId }, { privateKey, audience });
      const check = { purpose: "access", audience } as const;
      expect(await verifyJwt(token, { ...check, publicKey })).toMatchObject({
        ok: true,
        payload: { sub: userId, email },
      });
      expect(await verifyJwt(token, { ...check, publicKey: [other.publicKey, publicKey] })).toMatchObject({ ok: true });
      expect(await verifyJwt(token, { ...check, publicKey: other.publicKey })).toEqual({
        ok: false,
        error: "unknownKey",
      });
      expect(await verifyJwt(flipped(token), { ...check, publicKey })).toMatchObject({ ok: false });
      expect(await verifyJwt(token, access)).toEqual({ ok: false, error: "algorithm" });
      await expect(signJwt({ sub: userId }, { privateKey: publicKey, audience })).rejects.toThrow("JWT_PRIVATE_KEY");
    },
  );

  it("T1 hostile 67: HS256 with the public key for a secret is refused", async () => {
    const { publicKey } = await keysFor("ES256");
    const options: VerifyJwtOptions = { purpose: "access", audience, publicKey };
    expect(await verifyJwt(await made({}, {}, JSON.stringify(publicKey)), options)).toEqual({
      ok: false,
      error: "algorithm",
    });
  });

  it("T1 a key for something else is refused, without being quoted", async () => {
    const { privateKey } = await generateKeyPair("ES384", { extractable: true });
    const key = await exportJWK(privateKey);
    const error = await signJwt({ sub: userId }, { privateKey: key, audience }).catch((cause: Error) => cause.message);
    expect(error).toMatch(/JWT_PRIVATE_KEY is no private key/);
    expect(error).not.toContain(key.d);
  });

  it("T1 keys are fetched from where the app publishes them, once", async () => {
    const { privateKey, publicKey } = await keysFor("ES256");
    const { publicHalf } = await import("../../src/jwt/public-key.js");
    const jwk = await publicHalf(publicKey);
    const fetch = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(() => Promise.resolve(Response.json({ keys: [jwk] })));
    try {
      const options = {
        purpose: "access",
        audience,
        jwksUrl: "https://keys.example.com/trpc/.well-known/jwks.json",
      } as const;
      const token = await generateAccessToken({ userId, email }, { privateKey, audience });
      expect(await verifyJwt(token, options)).toMatchObject({ ok: true });
      expect(await verifyJwt(token, options)).toMatchObject({ ok: true });
      expect(await verifyJwt(await made(), options)).toEqual({ ok: false, error: "algorithm" });
      expect(fetch).toHaveBeenCalledTimes(1);
      fetch.mockRejectedValue(new TypeError("fetch failed"));
      expect(await verifyJwt(token, { ...options, jwksUrl: "https://down.example.com/" })).toEqual({
        ok: false,
        error: "keysUnavailable",
      });
    } finally {
      fetch.mockRestore();
    }
  });
});

async function keysFor(alg: "ES256" | "EdDSA") {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { privateKey: await exportJWK(pair.privateKey), publicKey: await exportJWK(pair.publicKey) };
}

it("T1 a token that jose itself made in another way is refused", async () => {
  const token = await new SignJWT({ sub: userId })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
  expect((await verifyJwt(token, access)).ok).toBe(false);
});
