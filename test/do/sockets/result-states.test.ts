import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StoredLive, StoredSubscription } from "../../../src/do/connections/attachment.js";
import type { Connection } from "../../../src/do/connections/connection.js";
import { Subscription } from "../../../src/do/connections/subscription.js";
import { createResultStates, isSameQuery } from "../../../src/do/sockets/result-states.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stateOf = (hash: string, found: readonly string[] = [hash]): StoredLive => ({
  hash,
  reads: [{ table: "notes", where: [], found }],
  shared: true,
});

function createStates() {
  const written: StoredSubscription[] = [];
  const states = createResultStates({
    write: (_subscription, stored) => void written.push(stored),
    batched: (work) => work(),
  });
  const stored = { id: 1, path: "_live", input: undefined, kind: "live", tables: [] } as const;
  // A state never uses the connection.
  const subscription = new Subscription({ connection: {} as Connection, stored, phase: "delivering" });
  function change(hash: string): void {
    const live = stateOf(hash);
    subscription.changeStored({ live });
    states.onChange(subscription, live);
  }
  return { written, states, subscription, change, last: () => written.at(-1)?.live };
}

it("stores a rarely changing result immediately", () => {
  const { change, written, last } = createStates();
  for (const hash of ["a", "b", "c"]) {
    change(hash);
    expect(last()).toEqual(stateOf(hash));
    vi.advanceTimersByTime(1_000);
  }
  expect(written).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});

it("stores a result that changes often as unknown, without its rows, and the last one later", () => {
  const { change, written, last } = createStates();
  for (const hash of ["a", "b", "c", "d"]) change(hash);
  expect(written).toHaveLength(2);
  expect(last()).toEqual({ hash: undefined, reads: [{ table: "notes", where: [] }], shared: true });
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(3);
  expect(last()).toEqual(stateOf("d"));
  expect(vi.getTimerCount()).toBe(0);
});

it("writes nothing later if the whole state was stored meanwhile, or the subscription has ended", () => {
  const { change, written, states, subscription } = createStates();
  for (const hash of ["a", "b"]) change(hash);
  states.onWrite(subscription);
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(2);
  for (const hash of ["c", "d"]) change(hash);
  subscription.end();
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(4);
});

it("recognizes states of the same query by what it depends on", () => {
  const one = stateOf("a");
  expect(isSameQuery(one, stateOf("b"))).toBe(true);
  expect(isSameQuery(one, { ...one, shared: false })).toBe(false);
  expect(isSameQuery(one, { ...one, reads: [{ table: "other", where: [] }] })).toBe(false);
  expect(isSameQuery(undefined, one)).toBe(false);
});
