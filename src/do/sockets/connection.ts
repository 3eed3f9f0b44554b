import { anonymous, type Caller } from "../../shared/caller.js";
import { byteLength } from "./byte-length.js";
import { readAttachment } from "./attachment.js";
import { CLOSE_TOO_SLOW } from "../../shared/close-codes.js";
import type { MemoryBudget, MemoryShare } from "./memory-budget.js";
import type { SocketLimits } from "./socket-limits.js";
import type { SubscriptionStore } from "./subscription-store.js";

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly store: SubscriptionStore;
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
   * Whether nothing more is sent for now: the client has not shown that it reads, or the output of all sockets fills its
   * part of the budget. `onReady` is called when that has changed.
   */
  isWaiting(): boolean;
  /** Whether the client was asked to show that it reads, and has not answered. */
  isAsked(): boolean;
  /** Resolves when something may be sent; at once if it may now. */
  ready(): Promise<void>;
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

/** How long room is reserved for a socket that waited for it, in milliseconds. The socket may have nothing left to send. */
const GRANT_MS = 1_000;

/**
 * A socket with a window. `WebSocket.send` never blocks and its buffer is the object's own memory, so a client
 * that stops reading would fill it. After each window the object sends `PING`, which stock clients answer, and
 * sends no more until they do.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { socket, store, limits, budget, onWait, onReady, onTooSlow, onSend } = options;
  const { caller = anonymous, lapses = 0, standing, deadline: asked } = readAttachment(socket) ?? {};
  const memory = budget.open(caller.type === "user" ? caller.userId : caller.type, () => ask());
  let bytes = 0;
  let events = 0;
  /** Bytes that are counted but not sent yet. */
  let held = 0;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let granted: ReturnType<typeof setTimeout> | undefined;
  let grantedBytes = 0;
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
    const read = bytes;
    bytes = 0;
    events = 0;
    memory.release("sent", read);
  }

  /** Asks the client to show that it has read what it was sent. */
  function ask(): void {
    if (waiting || hasEnded || bytes === 0) return;
    if (socket.readyState !== WebSocket.OPEN) return memory.close();
    socket.send("PING");
    const until = Date.now() + limits.windowSeconds * 1000;
    store.setDeadline(socket, until);
    onWait();
    wait(until);
  }

  /** Keeps room for what the socket may have waited to send, so that others that are woken do not take it first. */
  function grant(): void {
    const before = stopGrant();
    grantedBytes = Math.max(limits.windowBytes, budget.recentFrame());
    memory.replace("sent", before, grantedBytes);
    granted = setTimeout(() => memory.release("sent", stopGrant()), GRANT_MS);
    room?.resolve();
    room = undefined;
    onReady();
  }

  /** Ends the reservation. Returns how many bytes were reserved. */
  function stopGrant(): number {
    if (granted === undefined) return 0;
    clearTimeout(granted);
    granted = undefined;
    return grantedBytes;
  }

  /** Returns whether the socket was open. */
  function transmit(frame: string): boolean {
    const counted = held + stopGrant();
    held = 0;
    const size = socket.readyState === WebSocket.OPEN ? byteLength(frame) : 0;
    memory.replace("sent", counted, size);
    if (size === 0) return false;
    socket.send(frame);
    budget.onFrame(size);
    bytes += size;
    events++;
    if (bytes >= limits.windowBytes || events >= limits.windowEvents || budget.isScarce()) ask();
    return true;
  }

  function hasRoom(): boolean {
    if (granted !== undefined || memory.hasRoom("sent")) return true;
    memory.whenRoom(grant);
    return false;
  }

  if (asked !== undefined) wait(asked);

  return {
    socket,
    caller,
    lapses,
    standing,
    memory,
    isWaiting: () => waiting !== undefined || !hasRoom(),
    isAsked: () => waiting !== undefined,

    async ready() {
      while (!hasEnded && socket.readyState === WebSocket.OPEN) {
        if (waiting) await waiting.promise;
        else if (hasRoom()) return;
        else await (room ??= Promise.withResolvers()).promise;
      }
    },

    hold(size) {
      memory.add("sent", size);
      held += size;
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
      stopGrant();
      room?.resolve();
      memory.close();
    },
  };
}
