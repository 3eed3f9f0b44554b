import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Attachment } from "../../../src/do/connections/attachment.js";
import { createConnection, type Connection } from "../../../src/do/connections/connection.js";
import { createMemoryBudget } from "../../../src/do/connections/memory-budget.js";
import { createPongDeadlines } from "../../../src/do/connections/pong-deadlines.js";
import { socketLimits } from "../../../src/do/connections/socket-limits.js";
import { createSubscriptionStore } from "../../../src/do/sockets/subscription-store.js";

const limits = { ...socketLimits(), windowBytes: 300, windowEvents: 6, windowSeconds: 1 };
const BUDGET = 8_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A socket of the platform. Its client reads on request, unless it is dead. */
class ClientsSocket {
  readyState: number = WebSocket.OPEN;
  isAsked = false;
  #attachment: Attachment;

  constructor(userId: string) {
    const caller = { type: "user", userId, via: "rpc" } as const;
    this.#attachment = { key: "", caller, lapses: 0, standing: undefined, subscriptions: "[]" };
  }

  send = (frame: string): void => void (this.isAsked ||= frame === "PING");
  close = (): void => void (this.readyState = WebSocket.CLOSING);
  serializeAttachment = (attachment: Attachment): void => void (this.#attachment = attachment);
  deserializeAttachment = (): Attachment => this.#attachment;
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("open" as const), member: fc.constantFrom("ada", "bob", "cy") }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom("send" as const, "hold" as const, "produce" as const),
        socket: fc.nat(7),
        bytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(1_500, 3_000, 20_000)),
        /** The size that is known before the frame is produced. */
        expected: fc.constantFrom(10, 400, 1_500),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("read" as const, "wait" as const), socket: fc.nat(7) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom("leave" as const, "die" as const, "close" as const),
        socket: fc.nat(7),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
  ),
  { maxLength: 60 },
);

it("eventually lets every socket send, whichever of them read, close or fail, and returns all memory", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, isShared) => {
      const budget = createMemoryBudget(BUDGET, { isShared });
      // No subscription is stored, so the store needs no database.
      const deadlines = createPongDeadlines(createSubscriptionStore({} as SqlStorage));
      const sockets: { socket: ClientsSocket; connection: Connection; isDead: boolean }[] = [];
      let waiting = 0;

      function open(member: string): void {
        const socket = new ClientsSocket(member);
        const connection: Connection = createConnection({
          // It has the members that the connection uses.
          socket: socket as unknown as WebSocket,
          deadlines,
          limits,
          budget,
          onPing() {},
          onReady() {},
          onTooSlow: () => connection.end(),
          onSend() {},
        });
        sockets.push({ socket, connection, isDead: false });
      }
      function read({ socket, connection, isDead }: (typeof sockets)[number]): void {
        if (!socket.isAsked || isDead) return;
        socket.isAsked = false;
        connection.onPong();
      }

      for (const step of all) {
        if (step.do === "open") open(step.member);
        else if (step.do === "pass") await vi.advanceTimersByTimeAsync(step.ms);
        else {
          const one = sockets[step.socket];
          if (!one) continue;
          const { connection, socket } = one;
          if (step.do === "read") read(one);
          else if (step.do === "die") one.isDead = true;
          // The client does not answer the close.
          else if (step.do === "close") socket.close();
          else if (step.do === "leave") {
            socket.readyState = WebSocket.CLOSED;
            connection.end();
          } else if (step.do === "wait") {
            waiting++;
            void connection.whenReady().then(() => waiting--);
          } else if (step.do === "produce") {
            const reservation = connection.reserve(step.expected);
            reservation?.use(step.bytes);
            if (reservation && !connection.isWaiting(step.bytes)) connection.send("x".repeat(step.bytes));
            reservation?.release();
          } else if ("bytes" in step && !connection.isWaiting(step.bytes)) {
            if (step.do === "hold") connection.countBuffered(step.bytes);
            connection.send("x".repeat(step.bytes));
          }
        }
      }
      for (let round = 0; round < 40; round++) {
        for (const one of sockets) read(one);
        await vi.advanceTimersByTimeAsync(250);
      }
      expect(waiting).toBe(0);
      for (const { socket, connection } of sockets) {
        if (socket.readyState === WebSocket.OPEN) {
          expect(connection.memory.hasRoom("sent", 0)).toBe(true);
          expect(connection.memory.hasRoom("large", 0)).toBe(true);
        }
        connection.end();
      }
      expect(budget.used()).toBe(0);
      expect(budget.isScarce()).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});
