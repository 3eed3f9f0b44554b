import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChangeHub } from "../../../src/do/change-log/change-hub.js";
import type { Flush, TrackedChange } from "../../../src/do/change-log/flush.js";
import { createConnection } from "../../../src/do/connections/connection.js";
import type { Frames } from "../../../src/do/connections/frames.js";
import { createMemoryBudget, type MemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";
import { Subscription } from "../../../src/do/connections/subscription.js";
import { createSourceDelivery } from "../../../src/do/sockets/source-delivery.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const limits = socketLimits();
const head = { seq: 1, nonce: "0" };

/** Opens a connection of a member, and returns it and the frames that it has sent. */
function open(userId: string, budget: MemoryBudget) {
  const sent: string[] = [];
  const socket = { readyState: WebSocket.OPEN, send: (frame: string) => void sent.push(frame), close() {} };
  const connection = createConnection({
    socket: socket as unknown as WebSocket,
    attachment: { key: "", caller: { type: "user", userId, via: "rpc" }, lapses: 0, subscriptions: "[]" },
    deadlines: createPongDeadlines({ setDeadline() {} }),
    limits,
    budget,
    onPing() {},
    onReady() {},
    onTooSlow() {},
    onSend() {},
  });
  return { connection, events: () => sent.filter((frame) => frame !== "PING") };
}

const update = (id: string, bytes: number): TrackedChange => ({
  cursor: `${id}.0`,
  id,
  change: { type: "update", id, data: "x".repeat(bytes) },
});

/** The delivery of an object whose log has these changes. */
function deliveryOf(missed: readonly TrackedChange[]) {
  return createSourceDelivery({
    hub: { head: () => head, since: () => ({ changes: missed, next: undefined }) } as unknown as ChangeHub,
    frames: {
      event: (id: string, data: unknown) => JSON.stringify({ id, data }),
      withEvent: (_head: unknown, event: string) => event,
    } as unknown as Frames,
    authorizeDelivery: () => true,
    authorizeAssumingOpen: () => true,
    whenResolved: () => undefined,
    update: (subscription, fields) => subscription.changeStored(fields),
    catchUpLater() {},
  });
}

it.each([
  { object: "an organization", isShared: true, others: ["bob", "cy"] },
  { object: "a user", isShared: false, others: ["ada"] },
])(
  "sends a short event at once after a large row was caught up with, while other sockets of $object fill the memory",
  ({ isShared, others }) => {
    const budget = createMemoryBudget(limits.memoryBytes, { isShared });
    const { connection, events } = open("ada", budget);
    const subscription = new Subscription({
      connection,
      stored: { id: 1, path: "changes", input: undefined, kind: "source", tables: ["files"] },
      phase: "delivering",
      catchUpFrom: { after: head },
    });
    const delivery = deliveryOf([update("1", 300_000)]);
    delivery.catchUp(subscription);
    connection.onPong();
    expect(subscription.catchUpFrom).toBeUndefined();
    expect(events()).toHaveLength(1);
    expect(budget.used()).toBe(0);

    for (const userId of others) open(userId, budget).connection.send("y".repeat(6 * 1024 * 1024));
    const flush = { from: head, page: () => ({ changes: [update("2", 10)], next: undefined }) } as unknown as Flush;
    delivery.deliver(subscription, flush, "files");
    expect(events()).toHaveLength(2);
  },
);
