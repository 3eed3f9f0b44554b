import { afterEach, expect, it, vi } from "vitest";
import { bridgeOf } from "../../../src/client/live/bridges.js";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, settled, watch, type Server } from "./page.js";

const rowOf = (server: Server, list: unknown[]) => {
  server.tell("posts.list", list);
  server.flush();
};

/** An optimistic row, on a list that already has one. */
async function withOptimisticRow() {
  const made = connect();
  const { server, queryClient } = made;
  server.firstIs(() => ["old"]);
  const options = live(optionsOf(server, "posts.list"));
  const watched = watch(queryClient, options);
  await (vi.isFakeTimers() ? vi.advanceTimersByTimeAsync(20) : settled());
  const add = (row: string) =>
    bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, (rows: string[]) => [...rows, `${row}?`]));
  return { ...made, ...watched, add };
}

afterEach(() => void vi.useRealTimers());

it("reverts an optimistic change that fails, whatever arrived meanwhile", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const layer = add("new");
  await settled();
  rowOf(server, ["old", "of another"]);
  await settled();
  expect(shown.at(-1)).toEqual(["old", "new?"]);
  layer.fail();
  await settled();
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "of another"]]);
});

it("replaces a change that succeeds by the server's result, never missing and never duplicated", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const layer = add("new");
  await settled();
  rowOf(server, ["old", "new"]);
  await settled();
  // Belongs to a later flush, which is not complete.
  server.tell("posts.list", ["old", "new", "half"]);
  layer.succeed();
  await settled();
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
  server.flush();
  await settled();
  expect(shown.at(-1)).toEqual(["old", "new", "half"]);
});

it("replaces two changes when the server's result contains both", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  rowOf(server, ["old", "one"]);
  one.succeed();
  await settled();
  rowOf(server, ["old", "one", "two"]);
  two.succeed();
  await settled();
  expect(shown).toEqual([["old"], ["old", "one?", "two?"], ["old", "one", "two"]]);
});

it("keeps one of two changes when the other fails", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  one.fail();
  await settled();
  expect(shown.at(-1)).toEqual(["old", "two?"]);
  rowOf(server, ["old", "two"]);
  two.succeed();
  await settled();
  expect(shown.at(-1)).toEqual(["old", "two"]);
});

it("keeps a row deleted when the server's result equals the optimistic one", async () => {
  const { server, queryClient, shown } = await withOptimisticRow();
  const key = optionsOf(server, "posts.list").queryKey;
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(key, () => []));
  await settled();
  rowOf(server, []);
  layer.succeed();
  await settled();
  expect(shown).toEqual([["old"], []]);
  rowOf(server, ["later"]);
  await settled();
  expect(shown.at(-1)).toEqual(["later"]);
});

it("keeps a change of a query without a subscription until the query is fetched again", async () => {
  const { server, queryClient } = connect();
  server.answerIs(() => ["old"]);
  const options = optionsOf(server, "posts.list", undefined, { staleTime: Infinity });
  const { shown } = watch(queryClient, options);
  await settled();
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, () => ["old", "new?"]));
  await settled();
  const answer = Promise.withResolvers<string[]>();
  server.answerIs(() => answer.promise);
  layer.succeed();
  await settled();
  expect(shown.at(-1)).toEqual(["old", "new?"]);
  answer.resolve(["old", "new"]);
  await settled();
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
});

it("delays results that may contain a pending change, and updates other queries", async () => {
  vi.useFakeTimers();
  const { server, queryClient, shown, add } = await withOptimisticRow();
  const count = watch(queryClient, live(optionsOf(server, "posts.count")));
  await vi.advanceTimersByTimeAsync(20);
  const layer = add("new");
  server.tell("posts.count", 2);
  rowOf(server, ["old", "new"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count.shown.at(-1)).toBe(2);
  server.tell("posts.count", 3);
  rowOf(server, ["old", "new", "of another"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(count.shown.at(-1)).toBe(3);
  layer.succeed();
  await vi.advanceTimersByTimeAsync(10);
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "new", "of another"]]);
});

it("reverts a slow change that is rejected, and shows what others wrote meanwhile", async () => {
  vi.useFakeTimers();
  const { server, shown, add } = await withOptimisticRow();
  const layer = add("new");
  rowOf(server, ["old", "of another"]);
  await vi.advanceTimersByTimeAsync(60_000);
  layer.fail();
  await vi.advanceTimersByTimeAsync(10);
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "of another"]]);
});

it("keeps a finished change while another of the same query is pending", async () => {
  vi.useFakeTimers();
  const { server, shown, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  rowOf(server, ["old", "one"]);
  one.succeed();
  await vi.advanceTimersByTimeAsync(10_000);
  rowOf(server, ["old", "one", "two"]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(shown.at(-1)).toEqual(["old", "one?", "two?"]);
  two.fail();
  await vi.advanceTimersByTimeAsync(10);
  expect(shown).toEqual([["old"], ["old", "one?", "two?"], ["old", "one", "two"]]);
});

it("keeps a finished change until a late result or a new answer contains it, and shows nothing older afterwards", async () => {
  vi.useFakeTimers();
  const { server, shown, add } = await withOptimisticRow();
  server.begin();
  const layer = add("new");
  const before = server.write();
  const written = server.write();
  const inTime = server.answered(written);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await inTime).toBe(false);
  const answer = Promise.withResolvers<string[]>();
  server.answerIs(() => answer.promise);
  layer.succeed();
  // The socket is slow: the server sent this before it wrote the row.
  server.tell("posts.list", ["old", "older"], undefined, before);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(shown.at(-1)).toEqual(["old", "new?"]);
  answer.resolve(["old", "older", "new"]);
  await vi.advanceTimersByTimeAsync(10);
  expect(shown.at(-1)).toEqual(["old", "older", "new"]);
  server.tell("posts.list", ["old", "older"], undefined, before);
  await vi.advanceTimersByTimeAsync(3_000);
  server.tell("posts.list", ["old", "older", "new", "newer"]);
  server.flush();
  await vi.advanceTimersByTimeAsync(10);
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "older", "new"], ["old", "older", "new", "newer"]]);
});

it("does not wait for a socket that is not open, and stops waiting for one that is lost", async () => {
  vi.useFakeTimers();
  const { server } = await withOptimisticRow();
  server.begin();
  // The subscription is opening, and its first result will contain the change.
  const first = server.answered(server.write());
  let isAnswered = false;
  void first.then(() => (isAnswered = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(isAnswered).toBe(false);
  server.lose();
  expect(await first).toBe(false);
  expect(await server.answered(server.write())).toBe(false);
  // The connection is restored.
  server.flush();
  const next = server.answered(server.write());
  server.flush();
  expect(await next).toBe(true);
});

it("switches to a polled result without the socket, never missing and never duplicated", async () => {
  const { server, shown, add } = await withOptimisticRow();
  let rows = ["old"];
  server.pollIs("posts.list", () => rows);
  const stop = server.begin();
  server.lose();
  server.state("connecting", new Error("The socket is lost."));
  for (const row of ["one", "two"]) {
    const layer = add(row);
    rows = [...rows, row];
    expect(await server.answered(server.write())).toBe(true);
    layer.succeed();
    await settled();
  }
  expect(shown).toEqual([["old"], ["old", "one?"], ["old", "one"], ["old", "one", "two?"], ["old", "one", "two"]]);
  expect(server.asked).toEqual([]);
  stop();
});
