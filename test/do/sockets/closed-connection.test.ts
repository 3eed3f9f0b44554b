import { expect, it } from "vitest";
import { createConnection } from "../../../src/do/connections/connection.js";
import { createMemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";

/** A connection with a socket that throws on each frame, like that of the platform after it was closed. */
function openBroken(readyState: number) {
  const budget = createMemoryBudget(262_144);
  const socket = {
    readyState,
    send() {
      throw new TypeError("Can't call WebSocket send() after close().");
    },
  };
  const caller = { type: "user", userId: "ada", via: "rpc" } as const;
  const connection = createConnection({
    // It has the members that the connection uses.
    socket: socket as unknown as WebSocket,
    attachment: { key: "", caller, lapses: 0, subscriptions: "[]" },
    deadlines: createPongDeadlines({ setDeadline() {} }),
    limits: socketLimits({ memoryBytes: 262_144 }),
    budget,
    onPing() {},
    onReady() {},
    onTooSlow() {},
    onSend() {},
  });
  return { connection, budget };
}

it("sends nothing to a socket that was closed, and counts no memory for it", () => {
  const { connection, budget } = openBroken(WebSocket.CLOSED);
  connection.countBuffered(50);
  connection.sendAuthorized("frame", 5);
  expect(budget.used()).toBe(0);
});

it("reports an error of a socket that is open", () => {
  const { connection } = openBroken(WebSocket.OPEN);
  expect(() => connection.sendAuthorized("frame", 5)).toThrow("Can't call WebSocket send()");
});
