import { expect, it } from "vitest";
import { createClient, onSignInChange, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const data = { code: "FORBIDDEN", httpStatus: 403, reason: "ACCOUNT_SUSPENDED" };
const error = { json: { message: "This account is suspended.", code: -32_003, data } };

const tokens: SessionTokens = {
  accessToken: "access",
  accessExpiresAt: Date.now() + 3_600_000,
  refreshToken: "user.session.0.mac",
  refreshExpiresAt: Date.now() + 7_200_000,
};

/** A client of a server that answers that the account is suspended. */
function open(stored: SessionTokens | "cookies") {
  const paths: string[] = [];
  const changes: string[] = [];
  let kept = stored === "cookies" ? undefined : stored;
  const client = createClient<AppRouter>({
    url: "http://localhost/trpc",
    async fetch(input) {
      const url = new URL(String(input));
      paths.push(url.pathname);
      const isBatch = url.searchParams.has("batch");
      return Response.json(isBatch ? [{ error }] : { error }, { status: 403 });
    },
    ...(stored !== "cookies" && { tokens: { get: () => kept, set: (next) => void (kept = next) } }),
  });
  onSignInChange(client, (change) => changes.push(change));
  return { client, paths, changes, tokens: () => kept };
}

it.each([
  ["cookies", "cookies"],
  ["tokens", tokens],
  ["tokens that have to be refreshed", { ...tokens, accessExpiresAt: 0 }],
] as const)("signs out when the server refuses a call of a suspended account: %s", async (_name, stored) => {
  const { client, changes, paths, tokens: kept } = open(stored);
  await expect(client.posts.list.query()).rejects.toThrow();
  await expect.poll(() => changes, { timeout: 5_000 }).toEqual(["signedOut"]);
  expect(kept()).toBeUndefined();
  const sent = paths.length;
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(paths).toHaveLength(sent);
});
