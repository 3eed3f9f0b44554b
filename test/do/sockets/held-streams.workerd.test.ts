import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { FeedsRouter } from "../../fixtures/app/feeds.js";
import { signUpToFeeds } from "../../fixtures/stock-client.js";

/** The next event of a server caller's stream. */
async function nextOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const event of stream) return event;
  return "nothing";
}

describe("a server caller's stream", () => {
  it.each(["changes", "tracked"] as const)("P1 E7 feeds.%s starts when the call was made", async (name) => {
    const { http, user } = await signUpToFeeds();
    const caller = createCaller<FeedsRouter>(env.FEEDS_DO).asUser({ userId: user.id });
    await http.items.create.mutate({ text: "before" });
    const stream: AsyncIterable<unknown> = await caller.feeds[name]();
    await http.items.create.mutate({ text: "between" });
    await http.items.create.mutate({ text: "after" });
    expect(await nextOf(stream)).toMatchObject({ data: { type: "create", data: { text: "between" } } });
  });
});
