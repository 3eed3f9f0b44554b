import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createConnection } from "../../../src/do/connections/connection.js";
import { createMemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Restores a connection with an unanswered ping. */
function restore(deadline: number) {
  const close = vi.fn<WebSocket["close"]>();
  createConnection({
    // It has the members that the connection uses.
    socket: { readyState: WebSocket.OPEN, close } as unknown as WebSocket,
    attachment: { key: "", caller: { type: "anonymous" }, lapses: 0, subscriptions: "[]", deadline },
    deadlines: createPongDeadlines({ setDeadline() {} }),
    limits: { ...socketLimits(), windowSeconds: 15 },
    budget: createMemoryBudget(262_144),
    onPing() {},
    onReady() {},
    onTooSlow() {},
    onSend() {},
  });
  return close;
}

it("closes a restored socket at its stored deadline", () => {
  const close = restore(Date.now() + 5_000);
  vi.advanceTimersByTime(4_999);
  expect(close).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(close).toHaveBeenCalledOnce();
});

it("waits no longer than a new ping if the clock was set back since the deadline was stored", () => {
  const close = restore(Date.now() + 3_600_000);
  vi.advanceTimersByTime(14_999);
  expect(close).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(close).toHaveBeenCalledOnce();
});

it("closes a restored socket soon if the clock was set forward since the deadline was stored", () => {
  const close = restore(Date.now() - 3_600_000);
  vi.advanceTimersByTime(1);
  expect(close).toHaveBeenCalledOnce();
});
