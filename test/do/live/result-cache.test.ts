import { describe, expect, it } from "vitest";
import { createMemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { createResultCache } from "../../../src/do/live/result-cache.js";
import type { ResultVersion } from "../../../src/do/live/live-result.js";
import type { LiveRun } from "../../../src/do/live/live-run.js";

const BUDGET = 1_200_000;
const version = (hash: string, bytes: number): ResultVersion => ({
  hash,
  bytes,
  hashed: { hash, bytes, blocks: [] },
  rows: { key: undefined, rest: { text: "", meta: "" }, rows: [] },
});

/** A run with one subscription, whose client has the result with the hash. */
const runWith = (hash: string, readsDeltas = true): LiveRun =>
  ({ subscribers: new Set([{ stored: { readsDeltas: readsDeltas || undefined, live: { hash } } }]) }) as never;

function start() {
  const budget = createMemoryBudget(BUDGET);
  return { budget, cache: createResultCache(budget.cache), share: budget.open("ada", () => {}) };
}

describe("the cached results of live queries", () => {
  it("are at most one for each run, the last that a client has", () => {
    const { cache } = start();
    const run = runWith("two");
    cache.update(run, version("one", 10));
    expect(cache.optionsFor(run)).toEqual({ previous: undefined, keeps: true });
    cache.update(run, version("two", 10));
    cache.update(run, version("three", 10));
    expect(cache.optionsFor(run).previous?.hash).toBe("two");
    cache.update(run, undefined);
    expect(cache.optionsFor(run).previous).toBeUndefined();
  });

  it("do not exist for clients that do not read deltas", () => {
    const { cache } = start();
    const run = runWith("one", false);
    cache.update(run, version("one", 10));
    expect(cache.optionsFor(run)).toEqual({ previous: undefined, keeps: false });
  });

  it("use at most a quarter of the object's memory, and one of them at most half of that", () => {
    const { cache } = start();
    const large = runWith("one");
    cache.update(large, version("one", 60_000));
    expect(cache.optionsFor(large).previous).toBeUndefined();
    const runs = Array.from({ length: 10 }, () => runWith("one"));
    for (const run of runs) cache.update(run, version("one", 20_000));
    const remaining = runs.map((run) => cache.optionsFor(run).previous !== undefined);
    expect(remaining).toEqual(runs.map((_, index) => index >= 5));
  });

  it("are dropped as soon as sockets need their memory", () => {
    const { cache, share } = start();
    const [first, second] = [runWith("one"), runWith("one")];
    for (const run of [first, second]) cache.update(run, version("one", 20_000));
    share.add("large", BUDGET - 100_000);
    expect([first, second].map((run) => cache.optionsFor(run).previous?.hash)).toEqual([undefined, "one"]);
    share.add("sent", 90_000);
    expect(cache.optionsFor(second).previous).toBeUndefined();
    share.close();
    cache.update(second, version("one", 20_000));
    expect(cache.optionsFor(second).previous?.hash).toBe("one");
  });
});
