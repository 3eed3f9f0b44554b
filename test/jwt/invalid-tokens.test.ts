import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { decodeJwt, getEmailFromToken, isTokenExpired, verifyJwt } from "trpc-userdo/jwt";
import { verifyAccessToken } from "../../src/jwt/access-token.js";
import { access, audience, flipped, customToken, seconds, secret, userId, withoutSignature } from "./custom-token.js";

const hostile: readonly (readonly [string, string, () => Promise<string | null | undefined>])[] = [
  ["none at all", "malformed", () => Promise.resolve(undefined)],
  ["the empty text", "malformed", () => Promise.resolve("")],
  ["a text", "malformed", () => Promise.resolve("not a token")],
  ["a megabyte", "malformed", () => Promise.resolve("x".repeat(1_048_576))],
  ["a megabyte of claims", "malformed", () => customToken({}, { big: "x".repeat(1_048_576) })],
  ["alg none", "algorithm", async () => withoutSignature(await customToken({ alg: "none" }))],
  ["alg None", "algorithm", async () => withoutSignature(await customToken({ alg: "None" }))],
  ["alg none, with a signature", "algorithm", () => customToken({ alg: "none" })],
  ["another algorithm", "algorithm", () => customToken({ alg: "HS512" })],
  ["RS256, signed with the secret", "algorithm", () => customToken({ alg: "RS256" })],
  ["an embedded key", "signature", () => customToken({ jwk: { kty: "oct", k: "AAAA" } }, {}, "x".repeat(32))],
  ["an unknown key", "unknownKey", () => customToken({ kid: "unknown" })],
  ["a path for a key", "unknownKey", () => customToken({ kid: "../../../../dev/null" })],
  ["no key named", "unknownKey", () => customToken({ kid: undefined })],
  ["a critical header", "malformed", () => customToken({ crit: ["x"], x: 1 })],
  ["another type", "purpose", () => customToken({ typ: "JWT" })],
  ["no type", "purpose", () => customToken({ typ: undefined })],
  ["a reset token's type", "purpose", () => customToken({ typ: "reset+jwt" })],
  ["another secret", "signature", () => customToken({}, {}, "another secret of more than 32 bytes!")],
  ["no signature", "signature", async () => withoutSignature(await customToken())],
  ["a flipped last character", "signature", async () => flipped(await customToken())],
  ["another issuer", "issuer", () => customToken({}, { iss: "somebody" })],
  ["no issuer", "issuer", () => customToken({}, { iss: undefined })],
  ["another audience", "audience", () => customToken({}, { aud: "OTHER_DO" })],
  ["several audiences", "audience", () => customToken({}, { aud: [audience, "OTHER_DO"] })],
  ["a list of one audience", "audience", () => customToken({}, { aud: [audience] })],
  ["no audience", "audience", () => customToken({}, { aud: undefined })],
  ["a past time", "expired", () => customToken({}, { iat: seconds() - 700, exp: seconds() - 1 })],
  ["a time that ends now", "expired", () => customToken({}, { exp: seconds() })],
  ["a time as text", "malformed", () => customToken({}, { exp: String(seconds() + 600) })],
  ["no time", "malformed", () => customToken({}, { exp: undefined })],
  ["a beginning that is ahead", "notYetValid", () => customToken({}, { nbf: seconds() + 60 })],
  ["issued ahead", "notYetValid", () => customToken({}, { iat: seconds() + 60 })],
  ["issued at no time", "malformed", () => customToken({}, { iat: undefined })],
  ["issued too long ago", "expired", () => customToken({}, { iat: seconds() - 90_000 })],
  ["no subject", "malformed", () => customToken({}, { sub: undefined })],
  ["a number for a user", "malformed", () => customToken({}, { sub: 7 })],
  [
    "claims that are not an object",
    "unknownKey",
    () => Promise.resolve(`${btoa('{"alg":"HS256"}')}.${btoa("[]")}.AAAA`),
  ],
];

describe("invalid tokens", () => {
  it("differ from a valid token, which verifies", async () => {
    expect(await verifyJwt(await customToken(), access)).toMatchObject({ ok: true });
    expect(
      await verifyJwt(await customToken({}, { exp: seconds() - 3, iat: seconds() - 60 }), {
        ...access,
        clockTolerance: 5,
      }),
    ).toMatchObject({ ok: true });
  });

  it.each(hostile)("%s is %s", async (_name, error, token) => {
    const given = await token();
    expect(await verifyJwt(given, access)).toEqual({ ok: false, error });
    if (typeof given === "string" && given.length < 4_096) {
      expect(await verifyAccessToken(given, { secrets: { current: secret }, audience })).toBeUndefined();
    }
  });

  it("are decoded as undefined, without an error", () => {
    for (const text of [undefined, null, "", "a.b.c", "x".repeat(1_048_576), `a.${btoa("7")}.b`]) {
      expect(decodeJwt(text)).toBeUndefined();
      expect(getEmailFromToken(text)).toBeUndefined();
    }
  });

  it("have no email address if the claim is not a string", async () => {
    expect(getEmailFromToken(await customToken({}, { email: ["a@example.com"] }))).toBeUndefined();
  });

  it.each([
    [{}, false],
    [{ exp: seconds() + 10 }, false],
    [{ exp: seconds() - 10 }, true],
    [{ exp: "9999999999" }, true],
    [{ exp: Number.NaN }, true],
    [{ exp: null }, true],
  ])("isTokenExpired(%j) is %s", (payload, expired) => {
    expect(isTokenExpired(payload)).toBe(expired);
  });
});

it("rejects a token that jose signed without the framework's claims", async () => {
  const token = await new SignJWT({ sub: userId })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
  expect((await verifyJwt(token, access)).ok).toBe(false);
});
