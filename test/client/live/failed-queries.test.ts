import { InfiniteQueryObserver } from "@tanstack/query-core";
import { TRPCClientError } from "@trpc/client";
import { afterEach, expect, it, vi } from "vitest";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, watch } from "./page.js";
import { createScriptedServer } from "./scripted-server.js";

afterEach(() => void vi.useRealTimers());

const statuses = { SERVICE_UNAVAILABLE: -32_603, INTERNAL_SERVER_ERROR: -32_603, TOO_MANY_REQUESTS: -32_029 };
const final = { FORBIDDEN: -32_003, NOT_FOUND: -32_004, METHOD_NOT_SUPPORTED: -32_005, BAD_REQUEST: -32_600 };

/** An error in the server's format. */
function refusal(code: keyof typeof statuses | keyof typeof final, retryAfter?: number): Error {
  return TRPCClientError.from({
    error: {
      code: { ...statuses, ...final }[code],
      message: code,
      data: { code, ...(retryAfter !== undefined && { retryAfter }) },
    },
  });
}

/** A page with one live list. */
async function openPage(input?: unknown, more: object = {}) {
  vi.useFakeTimers();
  const server = createScriptedServer();
  server.setFirst(() => ["one"]);
  const { queryClient, bridge } = connect(server);
  const list = watch(queryClient, live(optionsOf(server, "posts.list", input, more)));
  await vi.advanceTimersByTimeAsync(100);
  // The module for failures is loaded with the first live query.
  await vi.dynamicImportSettled();
  return { server, queryClient, bridge, list };
}

it("retries after SERVICE_UNAVAILABLE until it succeeds, and is not live meanwhile", async () => {
  const { server, bridge, list } = await openPage();
  const changes: string[] = [];
  bridge.listen(() => changes.push(bridge.status()));
  server.setFirst(undefined);
  server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
  await vi.advanceTimersByTimeAsync(0);
  expect(bridge.status()).toBe("connecting");
  for (let tries = 0; tries < 6; tries++) {
    await vi.advanceTimersByTimeAsync(31_000);
    expect(server.open()).toHaveLength(1);
    server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
    await vi.advanceTimersByTimeAsync(0);
    expect(bridge.status()).toBe("connecting");
  }
  // The last data stays.
  expect(list.observer.getCurrentResult()).toMatchObject({ status: "success", data: ["one"], error: null });
  server.setFirst(() => ["one", "two"]);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(bridge.status()).toBe("live");
  expect(list.results).toEqual([["one"], ["one", "two"]]);
  expect(changes).not.toContain("error");
  expect(server.requests).toEqual([]);
});

it("pauses longer after each failure, up to half a minute", async () => {
  const { server } = await openPage();
  server.setFirst(undefined);
  const pauses: number[] = [];
  for (let tries = 0; tries < 8; tries++) {
    server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
    const before = Date.now();
    while (server.open().length === 0) await vi.advanceTimersByTimeAsync(50);
    pauses.push(Date.now() - before);
  }
  for (const [index, pause] of pauses.entries()) {
    const longest = Math.min(1_000 * 2 ** index, 30_000);
    expect(pause).toBeGreaterThanOrEqual(longest / 2);
    expect(pause).toBeLessThanOrEqual(longest + 100);
  }
});

it("waits as long as the server asks for", async () => {
  const { server } = await openPage();
  server.fail("posts.list", refusal("TOO_MANY_REQUESTS", 45));
  await vi.advanceTimersByTimeAsync(44_000);
  expect(server.open()).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.open()).toHaveLength(1);
});

it("waits as long as the server asks for, beyond the platform's longest timer", async () => {
  const { server } = await openPage();
  // A quota of a month.
  server.fail("posts.list", refusal("TOO_MANY_REQUESTS", 30 * 24 * 60 * 60));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.open()).toEqual([]);
});

it("shows an unexpected error of the query, and retries", async () => {
  const { server, bridge, list } = await openPage();
  server.fail("posts.list", refusal("INTERNAL_SERVER_ERROR"));
  await vi.advanceTimersByTimeAsync(0);
  expect(list.observer.getCurrentResult()).toMatchObject({ status: "error", data: ["one"] });
  expect(bridge.status()).toBe("connecting");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(list.observer.getCurrentResult()).toMatchObject({ status: "success", error: null });
  expect(bridge.status()).toBe("live");
});

it.each(["FORBIDDEN", "NOT_FOUND", "METHOD_NOT_SUPPORTED", "BAD_REQUEST"] as const)(
  "ends with %s, and the status shows it",
  async (code) => {
    const { server, bridge, list } = await openPage();
    server.fail("posts.list", refusal(code));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.opened).toHaveLength(1);
    expect(list.observer.getCurrentResult().status).toBe("error");
    expect(bridge.status()).toBe("error");
    list.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(bridge.status()).toBe("idle");
  },
);

it("is not live while one of two queries has ended", async () => {
  const { server, queryClient, bridge } = await openPage();
  watch(queryClient, live(optionsOf(server, "posts.count")));
  await vi.advanceTimersByTimeAsync(100);
  expect(bridge.status()).toBe("live");
  server.fail("posts.count", refusal("FORBIDDEN"));
  await vi.advanceTimersByTimeAsync(0);
  expect(bridge.status()).toBe("error");
});

it("becomes live again when the first answer was SERVICE_UNAVAILABLE", async () => {
  vi.useFakeTimers();
  const { server, queryClient, bridge } = connect();
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await vi.advanceTimersByTimeAsync(100);
  await vi.dynamicImportSettled();
  server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
  await vi.advanceTimersByTimeAsync(0);
  expect(observer.getCurrentResult().status).toBe("error");
  expect(bridge.status()).toBe("connecting");
  server.setFirst(() => ["one"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(observer.getCurrentResult()).toMatchObject({ status: "success", data: ["one"] });
  expect(bridge.status()).toBe("live");
  expect(server.requests).toEqual([]);
});

it("leaves the pause to TanStack Query's own retries, and opens one subscription", async () => {
  vi.useFakeTimers();
  const { server, queryClient, bridge } = connect();
  const options = live(optionsOf(server, "posts.list", undefined, { retry: 3, retryDelay: 200 }));
  const { observer } = watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(100);
  await vi.dynamicImportSettled();
  server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
  server.setFirst(() => ["one"]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(observer.getCurrentResult().status).toBe("success");
  expect(server.opened).toHaveLength(2);
  expect(bridge.status()).toBe("live");
  expect(server.requests).toEqual([]);
});

it("retries at once when a component mounts, and not after the component has unmounted", async () => {
  const { server, queryClient, bridge, list } = await openPage();
  server.fail("posts.list", refusal("SERVICE_UNAVAILABLE", 3_600));
  list.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.open()).toEqual([]);
  watch(queryClient, live(optionsOf(server, "posts.list")));
  await vi.advanceTimersByTimeAsync(100);
  expect(server.open()).toHaveLength(1);
  expect(bridge.status()).toBe("live");
});

it("does not retry a query that was reset, removed or disabled", async () => {
  const { server, queryClient, list } = await openPage();
  server.fail("posts.list", refusal("SERVICE_UNAVAILABLE"));
  list.stop();
  queryClient.clear();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.open()).toEqual([]);
});

it("preserves all pages of an infinite query through SERVICE_UNAVAILABLE", async () => {
  vi.useFakeTimers();
  const { server, queryClient, bridge } = connect();
  let version = 1;
  server.setFirst((_path, input) => ({ version, cursor: (input as { cursor?: bigint }).cursor ?? 0n }));
  const observer = new InfiniteQueryObserver(queryClient, {
    ...live({
      queryKey: [["posts", "pages"], { type: "infinite" }],
      queryFn: () => Promise.reject(new Error("not over HTTP")),
      trpc: { path: "posts.pages" },
    }),
    initialPageParam: undefined as bigint | undefined,
    getNextPageParam: (page: unknown) => (page as { cursor: bigint }).cursor + 1n,
  });
  observer.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(100);
  void observer.fetchNextPage();
  await vi.advanceTimersByTimeAsync(100);
  await vi.dynamicImportSettled();
  server.fail("posts.pages", refusal("SERVICE_UNAVAILABLE"));
  await vi.advanceTimersByTimeAsync(0);
  expect(bridge.status()).toBe("connecting");
  version = 2;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(bridge.status()).toBe("live");
  expect(observer.getCurrentResult().data).toEqual({
    pages: [
      { version: 2, cursor: 0n },
      { version: 2, cursor: 1n },
    ],
    pageParams: [undefined, 1n],
  });
  expect(server.open()).toHaveLength(2);
  expect(server.requests).toEqual([]);
});
