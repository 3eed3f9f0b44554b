import { afterEach, expect, it, vi } from "vitest";
import { signAccessToken } from "../../src/jwt/access-token.js";
import type { Configuration } from "../../src/worker/configuration.js";
import { verifyAccessTokenCached } from "../../src/worker/auth/access-token-cache.js";

afterEach(() => void vi.useRealTimers());

const secret = (prefix: string): string => `${prefix}-secret-of-at-least-32-bytes-for-tests`;

function configured({ current = secret("a"), previous = undefined as string | undefined, binding = "BLOG_DO" } = {}) {
  const secrets = { jwt: { current, previous, keyPair: undefined }, index: secret("index") };
  return {
    binding,
    namespace: { objects: { getByName() {}, jurisdiction: () => ({ getByName() {} }) }, appJurisdiction: undefined },
    secrets,
  } satisfies Configuration;
}

const claims = { userId: "ada", sessionId: "one" };

const sign = ({ secrets, binding }: Configuration, expiresAt = Date.now() + 15 * 60_000) =>
  signAccessToken(claims, { secrets: secrets.jwt, audience: binding, expiresAt });

function later(milliseconds: number): void {
  const then = Date.now() + milliseconds;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(then);
}

it("accepts a cached token until it expires, and no longer", async () => {
  const configuration = configured();
  const token = await sign(configuration, Date.now() + 30_000);
  expect(await verifyAccessTokenCached(token, configuration)).toMatchObject(claims);
  later(20_000);
  expect(await verifyAccessTokenCached(token, configuration)).toMatchObject(claims);
  later(10_000);
  expect(await verifyAccessTokenCached(token, configuration)).toBeUndefined();
});

it("accepts a cached token only for the same app and secrets", async () => {
  const configuration = configured();
  const token = await sign(configuration);
  expect(await verifyAccessTokenCached(token, configuration)).toMatchObject(claims);
  expect(await verifyAccessTokenCached(token, configured({ binding: "OTHER_DO" }))).toBeUndefined();
  expect(await verifyAccessTokenCached(token, configured({ current: secret("b") }))).toBeUndefined();
  expect(
    await verifyAccessTokenCached(token, configured({ current: secret("b"), previous: secret("a") })),
  ).toMatchObject(claims);
});

it("rejects a cached token after a change of any character", async () => {
  const configuration = configured();
  const token = await sign(configuration);
  expect(await verifyAccessTokenCached(token, configuration)).toMatchObject(claims);
  for (let index = 0; index < token.length; index += 7) {
    const changed = token.slice(0, index) + (token[index] === "A" ? "B" : "A") + token.slice(index + 1);
    expect(await verifyAccessTokenCached(changed, configuration), changed).toBeUndefined();
  }
});

it("verifies many more tokens than the cache can store", async () => {
  const configuration = configured();
  const tokens: string[] = [];
  while (tokens.length < 1_100) tokens.push(await sign(configuration));
  for (let round = 0; round < 2; round++) {
    for (const token of tokens) expect(await verifyAccessTokenCached(token, configuration)).toMatchObject(claims);
  }
});
