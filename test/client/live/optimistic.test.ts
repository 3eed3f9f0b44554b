import { afterEach, expect, it, vi } from "vitest";
import { bridgeOf } from "../../../src/client/live/bridges.js";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, runTasks, watch, type Server } from "./page.js";

const rowOf = (server: Server, list: unknown[]) => {
  server.send("posts.list", list);
  server.flush();
};

/** An optimistic row, on a list that already has one. */
async function withOptimisticRow() {
  const made = connect();
  const { server, queryClient } = made;
  server.setFirst(() => ["old"]);
  const options = live(optionsOf(server, "posts.list"));
  const watched = watch(queryClient, options);
  await (vi.isFakeTimers() ? vi.advanceTimersByTimeAsync(20) : runTasks());
  const add = (row: string) =>
    bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, (rows: string[]) => [...rows, `${row}?`]));
  return { ...made, ...watched, add };
}

afterEach(() => void vi.useRealTimers());

it("reverts an optimistic change that fails, whatever arrived meanwhile", async () => {
  const { server, results, add } = await withOptimisticRow();
  const layer = add("new");
  await runTasks();
  rowOf(server, ["old", "of another"]);
  await runTasks();
  expect(results.at(-1)).toEqual(["old", "new?"]);
  layer.fail();
  await runTasks();
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "of another"]]);
});

it("replaces a change that succeeds by the server's result, never missing and never duplicated", async () => {
  const { server, results, add } = await withOptimisticRow();
  const layer = add("new");
  await runTasks();
  rowOf(server, ["old", "new"]);
  await runTasks();
  // Belongs to a later flush, which is not complete.
  server.send("posts.list", ["old", "new", "half"]);
  layer.succeed();
  await runTasks();
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
  server.flush();
  await runTasks();
  expect(results.at(-1)).toEqual(["old", "new", "half"]);
});

it("replaces two changes when the server's result contains both", async () => {
  const { server, results, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  rowOf(server, ["old", "one"]);
  one.succeed();
  await runTasks();
  rowOf(server, ["old", "one", "two"]);
  two.succeed();
  await runTasks();
  expect(results).toEqual([["old"], ["old", "one?", "two?"], ["old", "one", "two"]]);
});

it("keeps one of two changes when the other fails", async () => {
  const { server, results, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  one.fail();
  await runTasks();
  expect(results.at(-1)).toEqual(["old", "two?"]);
  rowOf(server, ["old", "two"]);
  two.succeed();
  await runTasks();
  expect(results.at(-1)).toEqual(["old", "two"]);
});

it("keeps a row deleted when the server's result equals the optimistic one", async () => {
  const { server, queryClient, results } = await withOptimisticRow();
  const key = optionsOf(server, "posts.list").queryKey;
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(key, () => []));
  await runTasks();
  rowOf(server, []);
  layer.succeed();
  await runTasks();
  expect(results).toEqual([["old"], []]);
  rowOf(server, ["later"]);
  await runTasks();
  expect(results.at(-1)).toEqual(["later"]);
});

it("keeps a change of a query without a subscription until the query is fetched again", async () => {
  const { server, queryClient } = connect();
  server.setAnswer(() => ["old"]);
  const options = optionsOf(server, "posts.list", undefined, { staleTime: Infinity });
  const { results } = watch(queryClient, options);
  await runTasks();
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, () => ["old", "new?"]));
  await runTasks();
  const response = Promise.withResolvers<string[]>();
  server.setAnswer(() => response.promise);
  layer.succeed();
  await runTasks();
  expect(results.at(-1)).toEqual(["old", "new?"]);
  response.resolve(["old", "new"]);
  await runTasks();
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
});

it("delays results that may contain a pending change, and updates other queries", async () => {
  vi.useFakeTimers();
  const { server, queryClient, results, add } = await withOptimisticRow();
  const count = watch(queryClient, live(optionsOf(server, "posts.count")));
  await vi.advanceTimersByTimeAsync(20);
  const layer = add("new");
  server.send("posts.count", 2);
  rowOf(server, ["old", "new"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count.results.at(-1)).toBe(2);
  server.send("posts.count", 3);
  rowOf(server, ["old", "new", "of another"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(count.results.at(-1)).toBe(3);
  layer.succeed();
  await vi.advanceTimersByTimeAsync(10);
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "new", "of another"]]);
});

it("reverts a slow change that is rejected, and shows what others wrote meanwhile", async () => {
  vi.useFakeTimers();
  const { server, results, add } = await withOptimisticRow();
  const layer = add("new");
  rowOf(server, ["old", "of another"]);
  await vi.advanceTimersByTimeAsync(60_000);
  layer.fail();
  await vi.advanceTimersByTimeAsync(10);
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "of another"]]);
});

it("keeps a finished change while another of the same query is pending", async () => {
  vi.useFakeTimers();
  const { server, results, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  rowOf(server, ["old", "one"]);
  one.succeed();
  await vi.advanceTimersByTimeAsync(10_000);
  rowOf(server, ["old", "one", "two"]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(results.at(-1)).toEqual(["old", "one?", "two?"]);
  two.fail();
  await vi.advanceTimersByTimeAsync(10);
  expect(results).toEqual([["old"], ["old", "one?", "two?"], ["old", "one", "two"]]);
});

it("keeps a finished change until a late result or a new answer contains it, and shows nothing older afterwards", async () => {
  vi.useFakeTimers();
  const { server, results, add } = await withOptimisticRow();
  server.begin();
  const layer = add("new");
  const before = server.write();
  const written = server.write();
  const inTime = server.reply(written);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await inTime).toBe(false);
  const response = Promise.withResolvers<string[]>();
  server.setAnswer(() => response.promise);
  layer.succeed();
  // The socket is slow: the server sent this before it wrote the row.
  server.send("posts.list", ["old", "older"], undefined, before);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(results.at(-1)).toEqual(["old", "new?"]);
  response.resolve(["old", "older", "new"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(results.at(-1)).toEqual(["old", "older", "new"]);
  server.send("posts.list", ["old", "older"], undefined, before);
  await vi.advanceTimersByTimeAsync(3_000);
  server.send("posts.list", ["old", "older", "new", "newer"]);
  server.flush();
  await vi.advanceTimersByTimeAsync(10);
  expect(results).toEqual([["old"], ["old", "new?"], ["old", "older", "new"], ["old", "older", "new", "newer"]]);
});

it("does not wait for a socket that is not open, and stops waiting for one that is lost", async () => {
  vi.useFakeTimers();
  const { server } = await withOptimisticRow();
  server.begin();
  // The subscription is opening, and its first result will contain the change.
  const first = server.reply(server.write());
  let isAnswered = false;
  void first.then(() => (isAnswered = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(isAnswered).toBe(false);
  server.lose();
  expect(await first).toBe(false);
  expect(await server.reply(server.write())).toBe(false);
  // The connection is restored.
  server.flush();
  const next = server.reply(server.write());
  server.flush();
  expect(await next).toBe(true);
});

it("switches to a polled result without the socket, never missing and never duplicated", async () => {
  const { server, results, add } = await withOptimisticRow();
  let rows = ["old"];
  server.setPolled("posts.list", () => rows);
  const stop = server.begin();
  server.lose();
  server.state("connecting", new Error("The socket is lost."));
  for (const row of ["one", "two"]) {
    const layer = add(row);
    rows = [...rows, row];
    expect(await server.reply(server.write())).toBe(true);
    layer.succeed();
    await runTasks();
  }
  expect(results).toEqual([["old"], ["old", "one?"], ["old", "one"], ["old", "one", "two?"], ["old", "one", "two"]]);
  expect(server.requests).toEqual([]);
  stop();
});
