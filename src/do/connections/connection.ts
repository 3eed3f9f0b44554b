import { anonymous, type Caller } from "../../shared/caller.js";
import { byteLength } from "../../shared/byte-length.js";
import { readAttachment } from "./attachment.js";
import { CLOSE_TOO_SLOW } from "../../shared/close-codes.js";
import type { MemoryBudget, MemoryShare, OutputUse } from "./memory-budget.js";
import { createOutputGrants, type OutputReservation } from "./output-grants.js";
import type { SocketLimits } from "./socket-limits.js";

export interface DeadlineStore {
  /** @param deadline in milliseconds since the epoch; `undefined` deletes the stored one */
  setDeadline(socket: WebSocket, deadline: number | undefined): void;
}

export interface ConnectionOptions {
  readonly socket: WebSocket;
  /** Stores until when the client must have answered, so that the time limit outlasts hibernation. */
  readonly store: DeadlineStore;
  readonly limits: Required<SocketLimits>;
  /** The bytes that all sockets of the object may take together. */
  readonly budget: MemoryBudget;
  /** Called when the client is asked to show that it reads. */
  readonly onWait: () => void;
  /** Called when a socket that had to wait may send again: its client reads, or the memory budget has room. */
  readonly onReady: () => void;
  /** Called after the socket was closed because the client does not read. The client may never answer the close. */
  readonly onTooSlow: () => void;
  /** Called after each frame that is sent, except the answer to a ping. */
  readonly onSend: () => void;
}

/** Keeps count of what a client was sent and has not shown to have read. */
export interface Connection {
  readonly socket: WebSocket;
  readonly caller: Caller;
  /** When the access token that opened the socket lapses, in milliseconds since the epoch. */
  readonly lapses: number;
  /** What the caller might do when the socket was opened. */
  readonly standing: number | undefined;
  /** The socket's share of the object's memory budget. */
  readonly memory: MemoryShare;
  /**
   * Whether a frame of so many bytes is not sent for now: the client has not shown that it reads, or the output of all sockets
   * fills its part of the budget. `onReady` is called when that has changed.
   *
   * @param bytes by default those of a short frame
   */
  isWaiting(bytes?: number): boolean;
  /** Whether the client was asked to show that it reads, and has not answered. */
  isAsked(): boolean;
  /** Resolves when a frame of unknown size may be sent; at once if it may now. */
  ready(): Promise<void>;
  /** Reserves room for a frame before it is produced. Without room, `onReady` is called when there is some. */
  reserve(bytes: number): OutputReservation | undefined;
  /** Counts a frame of so many bytes that is about to be sent. */
  hold(bytes: number): void;
  /** Sends a frame, if the socket is still open. */
  send(frame: string): void;
  /** Answers a ping. It shows that the client is there, not that its user is. */
  pong(): void;
  onPong(): void;
  /** Stops the clock for good. The socket is gone, or another instance of the object takes care of it. */
  end(): void;
}

const OUTPUT: readonly OutputUse[] = ["sent", "large"];

/**
 * A socket with a window. `WebSocket.send` never blocks and its buffer is the object's own memory, so a client
 * that stops reading would fill it. After each window the object sends `PING`, which stock clients answer, and
 * sends no more until they do.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { socket, store, limits, budget, onWait, onReady, onTooSlow, onSend } = options;
  const { caller = anonymous, lapses = 0, standing, deadline: asked } = readAttachment(socket) ?? {};
  const memory = budget.open(caller.type === "user" ? caller.userId : caller.type, () => ask());
  const grants = createOutputGrants({
    memory,
    shortBytes: () => Math.max(limits.windowBytes, budget.recentFrame()),
    onGrant() {
      room?.resolve();
      room = undefined;
      onReady();
    },
  });
  const unread: Record<OutputUse, number> = { sent: 0, large: 0 };
  let events = 0;
  /** Bytes that are counted but not sent yet. */
  const held: Record<OutputUse, number> = { sent: 0, large: 0 };
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let waiting: PromiseWithResolvers<void> | undefined;
  let room: PromiseWithResolvers<void> | undefined;
  let hasEnded = false;

  function wait(until: number): void {
    waiting = Promise.withResolvers();
    // A pending timer keeps the object awake, which is right: somebody has to look when the time is up.
    deadline = setTimeout(() => {
      socket.close(CLOSE_TOO_SLOW, "The client does not read.");
      onTooSlow();
    }, until - Date.now());
  }

  function stopWaiting(): void {
    clearTimeout(deadline);
    waiting?.resolve();
    waiting = undefined;
    events = 0;
    for (const use of OUTPUT) {
      const read = unread[use];
      unread[use] = 0;
      if (read > 0) memory.release(use, read);
    }
  }

  /** Asks the client to show that it has read what it was sent. */
  function ask(): void {
    if (waiting || hasEnded || unread.sent + unread.large === 0) return;
    if (socket.readyState !== WebSocket.OPEN) return memory.close();
    socket.send("PING");
    const until = Date.now() + limits.windowSeconds * 1000;
    store.setDeadline(socket, until);
    onWait();
    wait(until);
  }

  /** Returns whether the socket was open. */
  function transmit(frame: string): boolean {
    const size = socket.readyState === WebSocket.OPEN ? byteLength(frame) : 0;
    const use = budget.useOf(size);
    memory.replace(use, takeHeld(use) + grants.take(use), size);
    // An event that was held may be shorter than its frame.
    const other = use === "sent" ? "large" : "sent";
    if (held[other] > 0) memory.release(other, takeHeld(other));
    if (size === 0) return false;
    socket.send(frame);
    if (use === "sent") budget.onFrame(size);
    unread[use] += size;
    events++;
    const isFull = unread.sent + unread.large >= limits.windowBytes || events >= limits.windowEvents;
    if (isFull || budget.isScarce()) ask();
    return true;
  }

  function takeHeld(use: OutputUse): number {
    const bytes = held[use];
    held[use] = 0;
    return bytes;
  }

  const hasRoom = (size: number): boolean => grants.hasRoom(budget.useOf(size), size);

  /** Whether a frame of unknown size may be sent: it may be a large one. */
  const hasAnyRoom = (): boolean => hasRoom(0) && grants.hasRoom("large", 0);

  if (asked !== undefined) wait(asked);

  return {
    socket,
    caller,
    lapses,
    standing,
    memory,
    isWaiting: (size = 0) => waiting !== undefined || !hasRoom(size),
    isAsked: () => waiting !== undefined,

    async ready() {
      while (!hasEnded && socket.readyState === WebSocket.OPEN) {
        if (waiting) await waiting.promise;
        else if (hasAnyRoom()) return;
        else await (room ??= Promise.withResolvers()).promise;
      }
    },

    reserve: (size) => (waiting ? undefined : grants.reserve(budget.useOf(size), size)),

    hold(size) {
      const use = budget.useOf(size);
      memory.replace(use, grants.take(use), size);
      held[use] += size;
    },

    send(frame) {
      if (transmit(frame)) onSend();
    },

    pong: () => void transmit("PONG"),

    onPong() {
      if (!waiting) return;
      stopWaiting();
      store.setDeadline(socket, undefined);
      onReady();
    },

    end() {
      hasEnded = true;
      stopWaiting();
      grants.end();
      room?.resolve();
      memory.close();
    },
  };
}
