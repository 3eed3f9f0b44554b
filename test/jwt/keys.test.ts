import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it, vi } from "vitest";
import { generateAccessToken, generateRefreshToken, signJwt, verifyJwt, type VerifyJwtOptions } from "trpc-userdo/jwt";
import { publicHalf } from "../../src/jwt/public-keyring.js";
import { access, audience, email, flipped, customToken, secret, sessionId, userId } from "./custom-token.js";

async function keysFor(alg: "ES256" | "EdDSA") {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { privateKey: await exportJWK(pair.privateKey), publicKey: await exportJWK(pair.publicKey) };
}

describe("keys", () => {
  it("rejects a secret below 32 bytes, for signing and for verifying", async () => {
    const short = { secret: "x".repeat(31), audience };
    await expect(async () => signJwt({ sub: userId }, short)).rejects.toThrow(TypeError);
    await expect(verifyJwt("", { ...short, purpose: "app" })).rejects.toThrow("32 bytes");
    await expect(generateRefreshToken({ userId, sessionId }, short)).rejects.toThrow(TypeError);
  });

  it.each([0, -1, Number.NaN, Infinity, 400 * 24 * 60 * 60 + 1])(
    "rejects a token lifetime of %d seconds",
    async (expiresIn) => {
      await expect(async () => signJwt({ sub: userId }, { secret, audience, expiresIn })).rejects.toThrow(TypeError);
    },
  );

  it("rejects malformed ids for a refresh token", async () => {
    await expect(generateRefreshToken({ userId: "ada", sessionId }, { secret, audience })).rejects.toThrow(TypeError);
    await expect(generateRefreshToken({ userId, sessionId, generation: -1 }, { secret, audience })).rejects.toThrow(
      TypeError,
    );
  });

  it("accepts tokens of the previous secret after a rotation, until they expire", async () => {
    const next = "another secret of more than 32 bytes!";
    const old = await generateAccessToken({ userId, email }, { secret, audience });
    expect(await verifyJwt(old, { ...access, secret: next })).toEqual({ ok: false, error: "unknownKey" });
    expect(await verifyJwt(old, { ...access, secret: next, previousSecret: secret })).toMatchObject({ ok: true });
  });

  it.each(["ES256", "EdDSA"] as const)("%s: the public key verifies, rotates by kid, and cannot sign", async (alg) => {
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
  });

  it("rejects an HS256 token signed with the public key as secret", async () => {
    const { publicKey } = await keysFor("ES256");
    const options: VerifyJwtOptions = { purpose: "access", audience, publicKey };
    expect(await verifyJwt(await customToken({}, {}, JSON.stringify(publicKey)), options)).toEqual({
      ok: false,
      error: "algorithm",
    });
  });

  it("rejects a key of another algorithm without quoting it", async () => {
    const { privateKey } = await generateKeyPair("ES384", { extractable: true });
    const key = await exportJWK(privateKey);
    const error = await signJwt({ sub: userId }, { privateKey: key, audience }).catch((cause: Error) => cause.message);
    expect(error).toMatch(/JWT_PRIVATE_KEY is not a private key/);
    expect(error).not.toContain(key.d);
  });

  it("fetches the app's published keys once", async () => {
    const { privateKey, publicKey } = await keysFor("ES256");
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
      expect(await verifyJwt(await customToken(), options)).toEqual({ ok: false, error: "algorithm" });
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
