import { beforeEach, expect, it } from "vitest";
import { createIdempotencyPruner, type IdempotencyPruner } from "../../../src/do/idempotency/idempotency-pruner.js";

let stored: { count: number; bytes: number };
let measurements: number;
let pruneTime: number | undefined;
let pruner: IdempotencyPruner;

beforeEach(() => {
  stored = { count: 0, bytes: 0 };
  measurements = 0;
  pruneTime = undefined;
  pruner = createIdempotencyPruner({
    store: {
      measure() {
        measurements++;
        return stored;
      },
      oldest: () => (stored.count > 0 ? Date.now() : undefined),
      deleteBefore() {},
      deleteAbove(count, bytes) {
        stored = { count: Math.min(stored.count, count), bytes: Math.min(stored.bytes, bytes) };
      },
      pruneTime: () => pruneTime,
      setPruneTime: (due) => void (pruneTime = due),
    },
    isInitialized: () => true,
    arm() {},
  });
});

function put(count: number, bytes = 300): void {
  for (let key = 0; key < count; key++) {
    stored = { count: stored.count + 1, bytes: stored.bytes + bytes };
    pruner.onPut(bytes, { isFirst: true });
  }
}

const isDue = () => pruneTime !== undefined && pruneTime <= Date.now();

it("measures once in the first 512 keys, and then when the limit can be reached", () => {
  put(512);
  expect(measurements).toBe(1);
  put(9_487);
  expect(measurements).toBe(1);
  put(2);
  expect(measurements).toBe(2);
});

it("measures the keys that an earlier instance stored", () => {
  stored = { count: 9_900, bytes: 9_900 * 300 };
  put(1_024);
  expect(isDue()).toBe(true);
});

it("prunes above the limit of keys, down to four fifths, and measures again when they are used up", () => {
  put(10_001);
  expect(isDue()).toBe(true);
  void pruner.task.run(Date.now());
  expect(stored.count).toBe(8_000);
  expect(isDue()).toBe(false);
  const before = measurements;
  put(1_999);
  expect(measurements).toBe(before);
  put(1_000);
  expect(isDue()).toBe(true);
});

it("prunes above the limit of bytes", () => {
  put(150, 65_536);
  expect(isDue()).toBe(true);
  void pruner.task.run(Date.now());
  expect(stored.bytes).toBeLessThan(8 * 1_048_576);
});

it("schedules pruning by age with the first key", () => {
  put(1);
  expect(pruneTime).toBeGreaterThan(Date.now() + 24 * 60 * 60_000);
});
