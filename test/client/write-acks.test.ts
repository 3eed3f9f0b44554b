import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createWriteAcks } from "../../src/client/write-acks.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const cursor = "7.0123456789abcdef";

it.each([3_601, Number.POSITIVE_INFINITY])("waits for up to %s seconds until a write is shown", async (timeout) => {
  const acks = createWriteAcks(timeout);
  acks.begin(undefined);
  acks.opened(undefined);
  const results: boolean[] = [];
  void acks.waitFor(undefined, cursor).then((inTime) => results.push(inTime));
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(results).toEqual([]);
  acks.flushed(undefined, cursor);
  await vi.advanceTimersByTimeAsync(0);
  expect(results).toEqual([true]);
});
