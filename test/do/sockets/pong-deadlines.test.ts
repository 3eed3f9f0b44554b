import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";

beforeEach(() => {
  vi.useFakeTimers();
  // As in workerd, where `performance.now()` is set back with the clock.
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function createDeadlines() {
  const stored: (number | undefined)[] = [];
  const expired: string[] = [];
  const deadlines = createPongDeadlines({ setDeadline: (_socket, deadline) => void stored.push(deadline) });
  const add = (name: string, inMs: number, isStored = false) =>
    deadlines.add({
      // The deadlines only pass it to the store.
      socket: {} as WebSocket,
      until: Date.now() + inMs,
      isStored,
      onExpired: () => void expired.push(name),
    });
  return { deadlines, add, stored, expired };
}

it("writes nothing for a client that answers soon, and needs one timer for all clients", () => {
  const { deadlines, add, stored, expired } = createDeadlines();
  const pings = ["a", "b", "c"].map((name) => add(name, 15_000));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(900);
  for (const ping of pings) deadlines.onAnswer(ping);
  expect(vi.getTimerCount()).toBe(0);
  expect(stored).toEqual([]);
  expect(expired).toEqual([]);
});

it("stores the deadline of a client that takes long, and deletes it after the answer", () => {
  const { deadlines, add, stored } = createDeadlines();
  const until = Date.now() + 15_000;
  const slow = add("slow", 15_000);
  vi.advanceTimersByTime(1_000);
  expect(stored).toEqual([until]);
  vi.advanceTimersByTime(5_000);
  deadlines.onAnswer(slow);
  expect(stored).toEqual([until, undefined]);
  expect(vi.getTimerCount()).toBe(0);
});

it("stores a deadline at once on request, and only once", () => {
  const { deadlines, add, stored } = createDeadlines();
  const ping = add("full", 15_000);
  deadlines.store(ping);
  deadlines.store(ping);
  vi.advanceTimersByTime(2_000);
  expect(stored).toHaveLength(1);
  deadlines.end(ping);
  expect(stored).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

it("ends each wait at its deadline, in whatever order the deadlines were added", () => {
  const { add, stored, expired } = createDeadlines();
  add("later", 15_000);
  add("restored", 300, true);
  add("short", 500);
  vi.advanceTimersByTime(300);
  expect(expired).toEqual(["restored"]);
  vi.advanceTimersByTime(200);
  expect(expired).toEqual(["restored", "short"]);
  expect(stored).toEqual([]);
  vi.advanceTimersByTime(14_500);
  expect(expired).toEqual(["restored", "short", "later"]);
  expect(vi.getTimerCount()).toBe(0);
});

const HOUR_MS = 3_600_000;

it.each([-HOUR_MS, -1_000 * HOUR_MS])("ends each wait in time when the clock is set back by %d ms", (jump) => {
  const { add, stored, expired } = createDeadlines();
  const until = Date.now() + 5_000;
  add("pending", 5_000);
  vi.setSystemTime(Date.now() + jump);
  vi.advanceTimersByTime(1_000);
  expect(stored).toEqual([until]);
  vi.advanceTimersByTime(3_999);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["pending"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("ends each wait in time when the clock is set back several times", () => {
  const { add, expired } = createDeadlines();
  add("first", 5_000);
  vi.setSystemTime(Date.now() - HOUR_MS);
  add("second", 6_000);
  vi.setSystemTime(Date.now() - HOUR_MS);
  vi.advanceTimersByTime(1_000);
  vi.setSystemTime(Date.now() - HOUR_MS);
  add("third", 6_000);
  vi.advanceTimersByTime(4_000);
  expect(expired).toEqual(["first"]);
  vi.advanceTimersByTime(1_000);
  expect(expired).toEqual(["first", "second"]);
  vi.advanceTimersByTime(1_000);
  expect(expired).toEqual(["first", "second", "third"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("ends a wait early when the clock is set forward", () => {
  const { add, stored, expired } = createDeadlines();
  add("pending", 5_000);
  vi.setSystemTime(Date.now() + HOUR_MS);
  vi.advanceTimersByTime(1_000);
  expect(expired).toEqual(["pending"]);
  expect(stored).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it("keeps the deadlines of other clients when the end of one fails", () => {
  const expired: string[] = [];
  const deadlines = createPongDeadlines({ setDeadline() {} });
  const until = Date.now() + 500;
  const socket = {} as WebSocket;
  deadlines.add({
    socket,
    until,
    isStored: false,
    onExpired() {
      throw new Error("The socket is closed.");
    },
  });
  deadlines.add({ socket, until, isStored: false, onExpired: () => void expired.push("other") });
  expect(() => vi.advanceTimersByTime(500)).toThrow("The socket is closed.");
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["other"]);
});
