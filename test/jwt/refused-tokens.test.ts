import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { decodeJwt, getEmailFromToken, isTokenExpired, verifyJwt } from "trpc-userdo/jwt";
import { verifyAccessToken } from "../../src/jwt/access-token.js";
import { access, audience, flipped, made, seconds, secret, userId, withoutSignature } from "./made-token.js";

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

describe("invalid tokens", () => {
  it("differ from a valid token, which verifies", async () => {
    expect(await verifyJwt(await made(), access)).toMatchObject({ ok: true });
    expect(
      await verifyJwt(await made({}, { exp: seconds() - 3, iat: seconds() - 60 }), { ...access, clockTolerance: 5 }),
    ).toMatchObject({ ok: true });
  });

  it.each(hostile)("%s is %s", async (_name, error, token) => {
    const made = await token();
    expect(await verifyJwt(made, access)).toEqual({ ok: false, error });
    if (typeof made === "string" && made.length < 4_096) {
      expect(await verifyAccessToken(made, { secrets: { current: secret }, audience })).toBeUndefined();
    }
  });

  it("are decoded as undefined, without an error", () => {
    for (const text of [undefined, null, "", "a.b.c", "x".repeat(1_048_576), `a.${btoa("7")}.b`]) {
      expect(decodeJwt(text)).toBeUndefined();
      expect(getEmailFromToken(text)).toBeUndefined();
    }
  });

  it("have no email address if the claim is not a string", async () => {
    expect(getEmailFromToken(await made({}, { email: ["a@example.com"] }))).toBeUndefined();
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
