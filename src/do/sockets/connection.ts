import { anonymous, type Caller } from "../../shared/caller.js";
import { byteLength } from "./byte-length.js";
import { readAttachment } from "./attachment.js";
import { CLOSE_TOO_SLOW } from "../../shared/close-codes.js";
import type { SocketLimits } from "./socket-limits.js";
import type { SubscriptionStore } from "./subscription-store.js";

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly store: SubscriptionStore;
  readonly limits: Required<SocketLimits>;
  /** Called when the client is asked to show that it reads. */
  readonly onWait: () => void;
  /** Called when the client has shown that it reads, after having been waited for. */
  readonly onReady: () => void;
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
  /** Whether the client is being waited for: nothing more is sent to it until it answers. */
  isWaiting(): boolean;
  /** Resolves when the client is not being waited for any more; at once if it is not. */
  ready(): Promise<void>;
  /** Sends a frame, if the socket is still open. */
  send(frame: string): void;
  /** Answers a ping. It shows that the client is there, not that its user is. */
  pong(): void;
  onPong(): void;
  /** Stops the clock for good. The socket is gone, or another instance of the object takes care of it. */
  end(): void;
}

/**
 * A socket with a window. `WebSocket.send` never blocks and its buffer is the object's own memory, so a client
 * that stops reading would fill it. After each window the object sends `PING`, which stock clients answer, and
 * sends no more until they do.
 */
export function createConnection({ socket, store, limits, onWait, onReady, onSend }: ConnectionOptions): Connection {
  let bytes = 0;
  let events = 0;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let waiting: PromiseWithResolvers<void> | undefined;
  let hasEnded = false;

  function wait(until: number): void {
    waiting = Promise.withResolvers();
    // A pending timer keeps the object awake, which is right: somebody has to look when the time is up.
    deadline = setTimeout(() => socket.close(CLOSE_TOO_SLOW, "The client does not read."), until - Date.now());
  }

  function stopWaiting(): void {
    clearTimeout(deadline);
    waiting?.resolve();
    waiting = undefined;
    bytes = 0;
    events = 0;
  }

  /** Returns whether the socket was open. */
  function transmit(frame: string): boolean {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(frame);
    bytes += byteLength(frame);
    events++;
    const isFull = bytes >= limits.windowBytes || events >= limits.windowEvents;
    if (waiting || hasEnded || !isFull) return true;
    socket.send("PING");
    const until = Date.now() + limits.windowSeconds * 1000;
    store.setDeadline(socket, until);
    onWait();
    wait(until);
    return true;
  }

  const { caller = anonymous, lapses = 0, standing, deadline: asked } = readAttachment(socket) ?? {};
  if (asked !== undefined) wait(asked);

  return {
    socket,
    caller,
    lapses,
    standing,
    isWaiting: () => waiting !== undefined,
    ready: () => waiting?.promise ?? Promise.resolve(),

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
      stopWaiting();
      hasEnded = true;
    },
  };
}
