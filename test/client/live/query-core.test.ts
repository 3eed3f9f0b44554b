import { hashKey, notifyManager, QueryClient } from "@tanstack/query-core";
import { afterEach, expect, it, vi } from "vitest";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, runTasks, watch } from "./page.js";
import { createScriptedServer } from "./scripted-server.js";

afterEach(() => void vi.useRealTimers());

it("shares one subscription between all observers of a query, and shows its first event as the result", async () => {
  const { server, queryClient, bridge } = connect();
  server.setFirst(() => ["one"]);
  const options = live(optionsOf(server, "posts.list"));
  expect(bridge.status()).toBe("idle");
  const [a, b] = [watch(queryClient, options), watch(queryClient, options)];
  await runTasks();
  expect(server.opened).toEqual([{ path: "posts.list", input: undefined }]);
  expect(server.requests).toEqual([]);
  expect(bridge.status()).toBe("live");

  server.send("posts.list", ["one", "two"]);
  server.flush();
  await runTasks();
  expect(a.results).toEqual([["one"], ["one", "two"]]);
  expect(b.results).toEqual(a.results);
});

it("unsubscribes when a query has had no observers for its gcTime, and not before", async () => {
  vi.useFakeTimers();
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
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
  server.setFirst(() => 0);
  const list = watch(queryClient, live(optionsOf(server, "posts.list")));
  const count = watch(queryClient, live(optionsOf(server, "posts.count")));
  await runTasks();
  const pairs: unknown[] = [];
  for (const { observer } of [list, count]) {
    const render = notifyManager.batchCalls(() => {
      pairs.push([list.observer.getCurrentResult().data, count.observer.getCurrentResult().data]);
    });
    observer.subscribe(render);
  }
  for (const round of [1, 2]) {
    server.send("posts.list", round);
    await runTasks();
    server.send("posts.count", round);
    await runTasks();
    // The update has arrived completely, but the flush has not been reported as complete.
    expect(list.results.at(-1)).toBe(round - 1);
    server.flush();
    await runTasks();
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
  server.setFirst(() => 0);
  const own = watch(queryClient, live(optionsOf(server, "posts.list")));
  const theirs = watch(queryClient, live(optionsOf(server, "projects.list", { organizationId: "acme" })));
  await runTasks();
  expect(server.opened[1]).toEqual({
    organizationId: "acme",
    path: "projects.list",
    input: { organizationId: "acme" },
  });
  server.send("posts.list", 1);
  server.send("projects.list", 1);
  server.flush("acme");
  await runTasks();
  expect([own.results.at(-1), theirs.results.at(-1)]).toEqual([0, 1]);
  server.flush();
  await runTasks();
  expect([own.results.at(-1), theirs.results.at(-1)]).toEqual([1, 1]);
});

it("shows a query's error in the query, and subscribes again on a refetch", async () => {
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.byId", { id: "x" })));
  await runTasks();
  server.fail("posts.byId", new Error("There is no such post."));
  await runTasks();
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
  await runTasks();
  server.fail("posts.list", new Error("once"));
  await runTasks();
  expect(server.opened).toHaveLength(2);
  server.fail("posts.list", new Error("twice"));
  await runTasks();
  expect(observer.getCurrentResult().error?.message).toBe("twice");
});

it("keeps the last data and reports the status without a connection, and sends a first read over HTTP", async () => {
  const { server, queryClient, bridge } = connect();
  server.setFirst(() => "pushed");
  const { results } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await runTasks();
  server.state("connecting", new Error("The network is down."));
  expect(bridge.status()).toBe("connecting");

  server.setFirst(undefined);
  server.setAnswer(() => "fetched");
  const notes = watch(queryClient, live(optionsOf(server, "notes.list")));
  await runTasks();
  server.state("connecting", new Error("The network is down."));
  await runTasks();
  expect([results, notes.results]).toEqual([["pushed"], ["fetched"]]);

  server.state("pending");
  expect(bridge.status()).toBe("live");
  server.send("notes.list", "pushed");
  server.flush();
  await runTasks();
  expect(notes.results).toEqual(["fetched", "pushed"]);
});

it("does not subscribe a disabled query until it is enabled", async () => {
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  await runTasks();
  expect(server.opened).toEqual([]);
  observer.setOptions(live(optionsOf(server, "posts.list")));
  await runTasks();
  expect(observer.getCurrentResult().data).toBe(1);
  observer.setOptions(live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  expect(server.open()).toEqual([]);
});

it("keeps the subscription of a prefetched query for its first observer", async () => {
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
  await queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  expect([server.opened.length, server.requests.length]).toEqual([1, 0]);
  const { results } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await runTasks();
  expect(results).toEqual([]);
  expect(server.opened).toHaveLength(1);
});

it("soon unsubscribes a prefetched query that gets no observer", async () => {
  vi.useFakeTimers();
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
  const fetched = queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  await vi.advanceTimersByTimeAsync(10);
  await fetched;
  expect(server.open()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.open()).toEqual([]);
});

it("sends a refetch to the server, and never overwrites newer results with its answer", async () => {
  const { server, queryClient } = connect();
  server.setFirst(() => "first");
  const { observer, results } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await runTasks();
  server.setAnswer(() => "refetched");
  await observer.refetch();
  expect(observer.getCurrentResult().data).toBe("refetched");

  const slow = Promise.withResolvers<string>();
  server.setAnswer(() => slow.promise);
  const refetched = observer.refetch();
  await runTasks();
  server.send("posts.list", "pushed");
  server.flush();
  await runTasks();
  slow.resolve("older");
  await refetched;
  await runTasks();
  expect(results).toEqual(["first", "refetched", "pushed"]);
});

it("runs as an ordinary query without a bridge, as in server rendering", async () => {
  const server = createScriptedServer();
  server.setAnswer(() => "fetched");
  const queryClient = new QueryClient();
  expect(await queryClient.fetchQuery(live(optionsOf(server, "posts.list")))).toBe("fetched");
  expect(server.opened).toEqual([]);
});

it("unsubscribes a query that is removed or reset", async () => {
  const { server, queryClient } = connect();
  server.setFirst(() => 1);
  const options = live(optionsOf(server, "posts.list"));
  const { observer } = watch(queryClient, options);
  await runTasks();
  queryClient.getQueryCache().get(hashKey(options.queryKey))?.reset();
  expect(server.open()).toEqual([]);
  expect(observer.getCurrentResult().data).toBeUndefined();
  await observer.refetch();
  expect(server.open()).toHaveLength(1);
  queryClient.clear();
  expect(server.open()).toEqual([]);
});
