import { anonymous, type Caller } from "../../shared/caller.js";
import { byteLength } from "../../shared/byte-length.js";
import { readAttachment, type Attachment } from "./attachment.js";
import { CLOSE_TOO_SLOW } from "../../shared/close-codes.js";
import type { MemoryBudget, MemoryShare, OutputUse } from "./memory-budget.js";
import { createOutputGrants, type OutputReservation } from "./output-grants.js";
import type { PendingPing, PongDeadlines } from "./pong-deadlines.js";
import type { SocketLimits } from "./socket-limits.js";

export interface ConnectionOptions {
  readonly socket: WebSocket;
  /** @default it is read from the socket */
  readonly attachment?: Attachment | undefined;
  /** The deadlines of all sockets of the object. */
  readonly deadlines: PongDeadlines;
  readonly limits: Required<SocketLimits>;
  /** The memory budget of all sockets of the object together. */
  readonly budget: MemoryBudget;
  /** Called when the client is sent a ping that it must answer. */
  readonly onPing: () => void;
  /** Called when a socket that had to wait can send again, because its client has read or the budget has room. */
  readonly onReady: () => void;
  /** Called after the socket was closed because its client does not read. The client may never answer the close. */
  readonly onTooSlow: () => void;
  /** Called after each frame that is sent, except a pong. */
  readonly onSend: () => void;
}

/** A socket that counts the bytes that its client has not confirmed yet. */
export interface Connection {
  readonly socket: WebSocket;
  readonly caller: Caller;
  /** When the access token that opened the socket expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Version of the caller's permissions when the socket was opened. */
  readonly permissionVersion: number | undefined;
  /** The socket's share of the object's memory budget. */
  readonly memory: MemoryShare;
  /**
   * Whether a frame has to wait, because the client has not answered a ping or the memory budget has no room for the frame.
   * `onReady` is called when the socket can send again.
   *
   * @param bytes size of the frame, or `RECENT_SIZE` if it is unknown but probably that of the recent short frames. By default a
   *   short frame of unknown size, for which more memory is granted at a time
   */
  isWaiting(bytes?: number): boolean;
  /** Whether the client was sent a ping that it must answer before it is sent more, and has not answered it. */
  awaitsPong(): boolean;
  /** Resolves when a frame of unknown size can be sent. */
  whenReady(): Promise<void>;
  /** Reserves memory for a frame before it is produced. If there is none, returns `undefined`, and calls `onReady` later. */
  reserve(bytes: number): OutputReservation | undefined;
  /** Counts the bytes of a frame that is buffered and will be sent in this turn. */
  countBuffered(bytes: number): void;
  /**
   * Sends a frame, if the socket is still open.
   *
   * @param bytes size of the frame, if it is known. By default it is measured
   */
  send(frame: string, bytes?: number): void;
  /**
   * Sends a frame of known size to a socket that was authorized in the same turn. Does nothing if it is closed. For frames that many
   * sockets receive: to read the state of a socket costs a quarter of sending.
   */
  sendAuthorized(frame: string, bytes: number): void;
  /** Answers a ping of the client. It does not count as use of the session, because clients send pings by themselves. */
  pong(): void;
  /** Called when the client has answered a ping. */
  onPong(): void;
  /** Releases timers and memory, because the socket is closed or a newer instance of the object uses it. */
  end(): void;
}

const OUTPUT: readonly OutputUse[] = ["sent", "large"];

/**
 * Creates a connection with flow control. `WebSocket.send` never blocks, and its buffer is in the object's memory, which a client
 * that stops reading would fill. After each window of output, the connection sends `PING` and waits for the answer. tRPC's own
 * client answers pings.
 *
 * If a member has many sockets, it uses up its memory before the window of any of them is full. Then the pings are sent a little
 * earlier, and the sockets continue to send meanwhile. Otherwise all of them would fall behind at once.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { socket, deadlines, limits, budget, onPing, onReady, onTooSlow, onSend } = options;
  const { attachment = readAttachment(socket) } = options;
  const { caller = anonymous } = attachment ?? {};
  const memory = budget.open(caller.type === "user" ? caller.userId : caller.type, () => ping(true));
  const grants = createOutputGrants({
    memory,
    shortBytes: () => Math.max(limits.windowBytes, budget.recentFrame()),
    recentBytes: budget.recentFrame,
    onGrant() {
      memoryAvailable?.resolve();
      memoryAvailable = undefined;
      onReady();
    },
  });
  const unread: Record<OutputUse, number> = { sent: 0, large: 0 };
  /** Events that were sent since the last ping was answered. */
  let events = 0;
  /** Bytes that are counted but not sent yet. */
  const buffered: Record<OutputUse, number> = { sent: 0, large: 0 };
  /** The ping that the client has not answered yet. */
  let pendingPing: PendingPing | undefined;
  let pong: PromiseWithResolvers<void> | undefined;
  /** Whether nothing is sent until the ping is answered. */
  let isBlocked = false;
  /** What was sent before the ping: its answer confirms no more. */
  const sentBeforePing = { sent: 0, large: 0, events: 0 };
  let memoryAvailable: PromiseWithResolvers<void> | undefined;
  let hasEnded = false;

  function awaitPong(until: number, isStored: boolean): void {
    pendingPing = deadlines.add({ socket, until, isStored, onExpired });
  }

  function onExpired(): void {
    socket.close(CLOSE_TOO_SLOW, "The client does not read.");
    onTooSlow();
  }

  /** Ends the wait for an answer. */
  function endPing(): void {
    pendingPing = undefined;
    pong?.resolve();
    pong = undefined;
    isBlocked = false;
  }

  /** Releases the memory of what the client has read. */
  function confirm(read: Readonly<Record<OutputUse, number>>): void {
    for (const use of OUTPUT) {
      const bytes = read[use];
      unread[use] -= bytes;
      if (bytes > 0) memory.release(use, bytes);
    }
  }

  /**
   * Sends a ping, whose answer confirms that the client has read everything before it.
   *
   * @param blocks whether nothing more is sent before the answer
   */
  function ping(blocks: boolean): void {
    if (hasEnded || unread.sent + unread.large === 0) return;
    if (socket.readyState !== WebSocket.OPEN) return memory.close();
    if (!pendingPing) {
      socket.send("PING");
      sentBeforePing.sent = unread.sent;
      sentBeforePing.large = unread.large;
      sentBeforePing.events = events;
      onPing();
      awaitPong(Date.now() + limits.windowSeconds * 1000, false);
    }
    if (!blocks) return;
    isBlocked = true;
    // The deadline is stored immediately only if the window is full or other sockets wait. Otherwise it is stored after a second
    // without an answer.
    if (pendingPing) deadlines.store(pendingPing);
  }

  const isFull = (): boolean => unread.sent + unread.large >= limits.windowBytes || events >= limits.windowEvents;

  /** Returns whether the socket was open. */
  function transmit(frame: string, size?: number): boolean {
    const isOpen = socket.readyState === WebSocket.OPEN;
    transmitSized(isOpen ? frame : "", isOpen ? (size ?? byteLength(frame)) : 0);
    return isOpen;
  }

  function transmitSized(frame: string, size: number): void {
    const use = budget.useOf(size);
    memory.replace(use, takeBuffered(use) + grants.take(use), size);
    // The size of a buffered event is approximate, so its frame may count for another use.
    const other = use === "sent" ? "large" : "sent";
    if (buffered[other] > 0) memory.release(other, takeBuffered(other));
    if (size === 0) return;
    if (!sendIfOpen(frame)) return memory.release(use, size);
    if (use === "sent") budget.onFrame(size);
    unread[use] += size;
    events++;
    if (isFull() || budget.isScarce()) ping(true);
    else if (!pendingPing && memory.isNearlyFull()) ping(false);
  }

  /** Returns whether the socket was open. The runtime throws if it was closed. */
  function sendIfOpen(frame: string): boolean {
    try {
      socket.send(frame);
      return true;
    } catch (cause) {
      if (socket.readyState === WebSocket.OPEN) throw cause;
      return false;
    }
  }

  function takeBuffered(use: OutputUse): number {
    const bytes = buffered[use];
    buffered[use] = 0;
    return bytes;
  }

  const hasRoom = (size: number): boolean => grants.hasRoom(budget.useOf(size), size);

  /** Whether there is room for a frame of unknown size, which may be large. */
  const hasAnyRoom = (): boolean => hasRoom(0) && grants.hasRoom("large", 0);

  if (attachment?.deadline !== undefined) {
    // It is limited, because the clock may have been set back since it was stored.
    awaitPong(Math.min(attachment.deadline, Date.now() + limits.windowSeconds * 1000), true);
    isBlocked = true;
  }

  return {
    socket,
    caller,
    expiresAt: attachment?.lapses ?? 0,
    permissionVersion: attachment?.standing,
    memory,
    isWaiting: (size = 0) => isBlocked || !hasRoom(size),
    awaitsPong: () => isBlocked,

    async whenReady() {
      while (!hasEnded && socket.readyState === WebSocket.OPEN) {
        if (isBlocked) await (pong ??= Promise.withResolvers()).promise;
        else if (hasAnyRoom()) return;
        else await (memoryAvailable ??= Promise.withResolvers()).promise;
      }
    },

    reserve: (size) => (isBlocked ? undefined : grants.reserve(budget.useOf(size), size)),

    countBuffered(size) {
      const use = budget.useOf(size);
      memory.replace(use, grants.take(use), size);
      buffered[use] += size;
    },

    send(frame, bytes) {
      if (transmit(frame, bytes)) onSend();
    },

    sendAuthorized(frame, bytes) {
      transmitSized(frame, bytes);
      onSend();
    },

    pong: () => void transmit("PONG"),

    onPong() {
      if (!pendingPing) return;
      const wasBlocked = isBlocked;
      deadlines.onAnswer(pendingPing);
      endPing();
      events -= sentBeforePing.events;
      confirm(sentBeforePing);
      if (isFull() || budget.isScarce()) ping(true);
      if (wasBlocked && !isBlocked) onReady();
    },

    end() {
      hasEnded = true;
      if (pendingPing) deadlines.end(pendingPing);
      endPing();
      confirm({ ...unread });
      grants.end();
      memoryAvailable?.resolve();
      memory.close();
    },
  };
}
