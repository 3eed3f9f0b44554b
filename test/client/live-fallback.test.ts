import superjson from "superjson";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLiveFallback } from "../../src/client/live-fallback.js";
import type { PolledQuery } from "../../src/client/polled-query.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const query: PolledQuery = {
  op: { id: 1, type: "subscription", path: "_live", input: undefined, context: {}, signal: null },
  onResult() {},
  onError() {},
  onPolling() {},
};

/** Counts how often a query is read within this many milliseconds after its socket was lost. */
async function countReads(interval: number, ms: number): Promise<number> {
  let reads = 0;
  const read = () => Promise.resolve(++reads);
  const fallback = createLiveFallback({ interval, read, stringify: superjson.stringify, onRound: () => () => {} });
  const stop = fallback.add(query);
  // The first poll starts after three seconds, and loads its module.
  await vi.advanceTimersByTimeAsync(3_000);
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(ms);
  stop();
  return reads;
}

it.each([
  [30_000, 11],
  [150_000, 3],
])("polls at the interval that the app chose: every %s ms", async (interval, expected) => {
  expect(await countReads(interval, 301_000)).toBe(expected);
});

it.each([0, 1, -5, Number.NaN])("pauses between two polls whatever the interval: %s ms", async (interval) => {
  const reads = await countReads(interval, 10_000);
  expect(reads).toBeGreaterThan(50);
  expect(reads).toBeLessThanOrEqual(101);
});

it.each([30_000, 150_000])("does not poll while the page is hidden: every %s ms", async (interval) => {
  let looks = 0;
  vi.stubGlobal("document", {
    get visibilityState() {
      looks++;
      return "hidden";
    },
  });
  expect(await countReads(interval, 301_000)).toBe(0);
  expect(looks).toBeLessThan(20);
});
