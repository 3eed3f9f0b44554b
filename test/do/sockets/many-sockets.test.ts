import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Attachment } from "../../../src/do/connections/attachment.js";
import { createConnection } from "../../../src/do/connections/connection.js";
import { createMemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { RECENT_SIZE } from "../../../src/do/connections/output-grants.js";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";

// One member has 16,384 bytes for short frames, half of an eighth of the budget.
const BUDGET = 262_144;
const FRAME = "x".repeat(100);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openMany(count: number) {
  const budget = createMemoryBudget(BUDGET);
  return Array.from({ length: count }, () => {
    const sent: string[] = [];
    let isReady = 0;
    const attachment: Attachment = {
      key: "",
      caller: { type: "user", userId: "ada", via: "rpc" },
      lapses: 0,
      subscriptions: "[]",
    };
    const socket = { readyState: WebSocket.OPEN, send: (frame: string) => sent.push(frame) };
    const connection = createConnection({
      // It has the members that the connection uses.
      socket: socket as unknown as WebSocket,
      attachment,
      deadlines: createPongDeadlines({ setDeadline() {} }),
      limits: socketLimits({ memoryBytes: BUDGET }),
      budget,
      onPing() {},
      onReady: () => isReady++,
      onTooSlow() {},
      onSend() {},
    });
    return {
      connection,
      isReady: () => isReady > 0,
      send: () => connection.isWaiting(FRAME.length) || connection.send(FRAME),
      isAsked: () => sent.includes("PING"),
      /** Answers the ping, if there is one. */
      read: () => void (sent.splice(0).includes("PING") && connection.onPong()),
    };
  });
}

it("asks the clients of a member before its memory is full, and sends to them meanwhile", () => {
  const sockets = openMany(20);
  for (let round = 0; !sockets.some(({ isAsked }) => isAsked()); round++) {
    expect(round).toBeLessThan(8);
    for (const { send } of sockets) send();
  }
  expect(sockets.filter(({ connection }) => connection.isWaiting(FRAME.length))).toEqual([]);
  for (let round = 0; round < 50; round++) {
    for (const { read } of sockets) read();
    for (const { send, connection } of sockets) {
      expect(connection.isWaiting(FRAME.length)).toBe(false);
      send();
    }
  }
});

it("confirms only what was sent before the ping", () => {
  const sockets = openMany(1);
  const [{ connection, send, isAsked, read }] = sockets as [(typeof sockets)[number]];
  while (!isAsked()) send();
  send();
  read();
  expect(connection.memory.hasRoom("sent", 0)).toBe(true);
  expect(connection.isWaiting(FRAME.length)).toBe(false);
});

it("grants the memory that one client has confirmed to as many short frames as fit", () => {
  const sockets = openMany(100);
  const [readers, others] = [sockets.slice(0, 50), sockets.slice(50)];
  for (let round = 0; round < 10; round++) for (const { send } of readers) send();
  expect(others.every(({ connection }) => connection.isWaiting(FRAME.length))).toBe(true);
  for (const { read } of readers) read();
  expect(others.every(({ isReady }) => isReady())).toBe(true);
  for (const { send } of others) send();
});

const LONG_FRAME = "x".repeat(1_900);

function openWithLongFrames() {
  const sockets = openMany(40);
  for (const { connection } of sockets.slice(0, 20)) {
    if (!connection.isWaiting(LONG_FRAME.length)) connection.send(LONG_FRAME);
  }
  return sockets;
}

it("grants a short frame only what it needs, although the last frames were much longer", () => {
  const sockets = openWithLongFrames();
  const waiting = sockets.slice(1).filter(({ connection }) => connection.isWaiting(FRAME.length));
  sockets[0]?.read();
  // One long frame was confirmed, in which at least ten short ones fit.
  expect(waiting.filter(({ isReady }) => isReady()).length).toBeGreaterThan(10);
});

it("grants a frame of unknown size as much as the last frames took, so that it is enough", () => {
  const sockets = openWithLongFrames();
  const waiting = sockets.slice(1).filter(({ connection }) => connection.isWaiting(RECENT_SIZE));
  sockets[0]?.read();
  const ready = waiting.filter(({ isReady }) => isReady());
  expect(ready).toHaveLength(1);
  expect(ready[0]?.connection.isWaiting(LONG_FRAME.length)).toBe(false);
});
