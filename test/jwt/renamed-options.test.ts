import { describe, expect, it } from "vitest";
import { signJwt } from "trpc-userdo/jwt";

const secret = "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w";

/** How long a token lives, in seconds. */
function lifetimeOf(token: string): number {
  const { exp, iat } = JSON.parse(atob(token.split(".")[1] ?? "")) as { exp: number; iat: number };
  return exp - iat;
}

describe("the earlier option `minutes` of signJwt", () => {
  it("is refused, because a token would live for an hour in place of five minutes", async () => {
    const options = { secret, audience: "BLOG_DO", minutes: 5 };
    await expect(signJwt({ sub: "a" }, options).then(lifetimeOf)).rejects.toThrow("minutes");
  });
});
