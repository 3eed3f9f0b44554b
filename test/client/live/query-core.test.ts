import { hashKey, notifyManager, QueryClient } from "@tanstack/query-core";
import { afterEach, expect, it, vi } from "vitest";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, settled, watch } from "./page.js";
import { createScriptedServer } from "./scripted-server.js";

afterEach(() => void vi.useRealTimers());

it("shares one subscription between all observers of a query, and shows its first event as the result", async () => {
  const { server, queryClient, bridge } = connect();
  server.firstIs(() => ["one"]);
  const options = live(optionsOf(server, "posts.list"));
  expect(bridge.status()).toBe("idle");
  const [a, b] = [watch(queryClient, options), watch(queryClient, options)];
  await settled();
  expect(server.opened).toEqual([{ path: "posts.list", input: undefined }]);
  expect(server.asked).toEqual([]);
  expect(bridge.status()).toBe("live");

  server.tell("posts.list", ["one", "two"]);
  server.flush();
  await settled();
  expect(a.shown).toEqual([["one"], ["one", "two"]]);
  expect(b.shown).toEqual(a.shown);
});

it("unsubscribes when a query has had no observers for its gcTime, and not before", async () => {
  vi.useFakeTimers();
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const options = live(optionsOf(server, "posts.list", undefined, { gcTime: 50_000 }));
  const { stop } = watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  stop();
  await vi.advanceTimersByTimeAsync(49_000);
  expect(server.open()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.open()).toEqual([]);
});

it("shows all changes of one flush at once, so that two queries never disagree", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 0);
  const list = watch(queryClient, live(optionsOf(server, "posts.list")));
  const count = watch(queryClient, live(optionsOf(server, "posts.count")));
  await settled();
  const pairs: unknown[] = [];
  for (const { observer } of [list, count]) {
    const render = notifyManager.batchCalls(() => {
      pairs.push([list.observer.getCurrentResult().data, count.observer.getCurrentResult().data]);
    });
    observer.subscribe(render);
  }
  for (const round of [1, 2]) {
    server.tell("posts.list", round);
    await settled();
    server.tell("posts.count", round);
    await settled();
    // The update has arrived completely, but the flush has not been reported as complete.
    expect(list.shown.at(-1)).toBe(round - 1);
    server.flush();
    await settled();
  }
  expect(pairs).toEqual([
    [1, 1],
    [1, 1],
    [2, 2],
    [2, 2],
  ]);
});

it("applies an organization's flush to that organization's queries only", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 0);
  const own = watch(queryClient, live(optionsOf(server, "posts.list")));
  const theirs = watch(queryClient, live(optionsOf(server, "projects.list", { organizationId: "acme" })));
  await settled();
  expect(server.opened[1]).toEqual({
    organizationId: "acme",
    path: "projects.list",
    input: { organizationId: "acme" },
  });
  server.tell("posts.list", 1);
  server.tell("projects.list", 1);
  server.flush("acme");
  await settled();
  expect([own.shown.at(-1), theirs.shown.at(-1)]).toEqual([0, 1]);
  server.flush();
  await settled();
  expect([own.shown.at(-1), theirs.shown.at(-1)]).toEqual([1, 1]);
});

it("shows a query's error in the query, and subscribes again on a refetch", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.byId", { id: "x" })));
  await settled();
  server.fail("posts.byId", new Error("There is no such post."));
  await settled();
  const failed = observer.getCurrentResult();
  expect([failed.status, failed.data, failed.error?.message]).toEqual(["error", 1, "There is no such post."]);
  expect(server.open()).toEqual([]);

  await observer.refetch();
  expect(server.open()).toHaveLength(1);
  expect(observer.getCurrentResult().status).toBe("success");
});

it("reports an error of the first run to the fetch, and follows TanStack Query's retries", async () => {
  const { server, queryClient } = connect();
  const { observer } = watch(
    queryClient,
    live(optionsOf(server, "posts.list", undefined, { retry: 1, retryDelay: 0 })),
  );
  await settled();
  server.fail("posts.list", new Error("once"));
  await settled();
  expect(server.opened).toHaveLength(2);
  server.fail("posts.list", new Error("twice"));
  await settled();
  expect(observer.getCurrentResult().error?.message).toBe("twice");
});

it("keeps the last data and reports the status without a connection, and sends a first read over HTTP", async () => {
  const { server, queryClient, bridge } = connect();
  server.firstIs(() => "told");
  const { shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await settled();
  server.state("connecting", new Error("The network is down."));
  expect(bridge.status()).toBe("connecting");

  server.firstIs(undefined);
  server.answerIs(() => "answered");
  const notes = watch(queryClient, live(optionsOf(server, "notes.list")));
  await settled();
  server.state("connecting", new Error("The network is down."));
  await settled();
  expect([shown, notes.shown]).toEqual([["told"], ["answered"]]);

  server.state("pending");
  expect(bridge.status()).toBe("live");
  server.tell("notes.list", "told");
  server.flush();
  await settled();
  expect(notes.shown).toEqual(["answered", "told"]);
});

it("does not subscribe a disabled query until it is enabled", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  await settled();
  expect(server.opened).toEqual([]);
  observer.setOptions(live(optionsOf(server, "posts.list")));
  await settled();
  expect(observer.getCurrentResult().data).toBe(1);
  observer.setOptions(live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  expect(server.open()).toEqual([]);
});

it("keeps the subscription of a prefetched query for its first observer", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  await queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  expect([server.opened.length, server.asked.length]).toEqual([1, 0]);
  const { shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await settled();
  expect(shown).toEqual([]);
  expect(server.opened).toHaveLength(1);
});

it("soon unsubscribes a prefetched query that gets no observer", async () => {
  vi.useFakeTimers();
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const fetched = queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  await vi.advanceTimersByTimeAsync(10);
  await fetched;
  expect(server.open()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.open()).toEqual([]);
});

it("sends a refetch to the server, and never overwrites newer results with its answer", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => "first");
  const { observer, shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await settled();
  server.answerIs(() => "asked");
  await observer.refetch();
  expect(observer.getCurrentResult().data).toBe("asked");

  const slow = Promise.withResolvers<string>();
  server.answerIs(() => slow.promise);
  const refetched = observer.refetch();
  await settled();
  server.tell("posts.list", "told");
  server.flush();
  await settled();
  slow.resolve("older");
  await refetched;
  await settled();
  expect(shown).toEqual(["first", "asked", "told"]);
});

it("runs as an ordinary query without a bridge, as in server rendering", async () => {
  const server = createScriptedServer();
  server.answerIs(() => "answered");
  const queryClient = new QueryClient();
  expect(await queryClient.fetchQuery(live(optionsOf(server, "posts.list")))).toBe("answered");
  expect(server.opened).toEqual([]);
});

it("unsubscribes a query that is removed or reset", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const options = live(optionsOf(server, "posts.list"));
  const { observer } = watch(queryClient, options);
  await settled();
  queryClient.getQueryCache().get(hashKey(options.queryKey))?.reset();
  expect(server.open()).toEqual([]);
  expect(observer.getCurrentResult().data).toBeUndefined();
  await observer.refetch();
  expect(server.open()).toHaveLength(1);
  queryClient.clear();
  expect(server.open()).toEqual([]);
});
