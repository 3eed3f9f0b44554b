import type { TRPCCombinedDataTransformer } from "@trpc/server";
import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { CLOSE_TOO_BIG, CLOSE_TOO_MUCH_PENDING, CLOSE_UNSUPPORTED } from "../../shared/close-codes.js";
import type { Cursor } from "../../shared/cursor.js";
import { costOf, type Turns } from "../scheduling/create-turns.js";
import { memberKey } from "../scheduling/member-key.js";
import { byteLength } from "../../shared/byte-length.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { MemberCalls } from "./member-calls.js";
import { idOfFrame } from "./message-id.js";
import { MessageQueue, type Load } from "./message-queue.js";
import { isStop, notJson, parseMessage, splitFrame, type FrameMessage, type ParsedMessage } from "./messages.js";
import { parseInTurns, SMALL_FRAME } from "./parse-in-turns.js";
import { memberQuota, tooLarge } from "../connections/socket-errors.js";
import type { SocketLimits } from "../connections/socket-limits.js";
import type { MemoryBudget } from "../connections/memory-budget.js";

export interface ReceiverOptions {
  readonly limits: Required<SocketLimits>;
  readonly transformer: TRPCCombinedDataTransformer;
  readonly frames: Frames;
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** Returns the position of the newest change that was delivered to subscribers. */
  readonly head: () => Cursor;
  /** Restores the subscriptions of all sockets after hibernation. */
  readonly restore: () => void;
  /** Returns whether the caller of a socket has access now, also if the client has closed the socket. */
  readonly checkConnection: (connection: Connection) => boolean;
  readonly authorizeDelivery: (connection: Connection) => boolean;
  readonly onUse: ((caller: Caller) => void) | undefined;
  /** The memory budget of all sockets of the object together. */
  readonly budget: MemoryBudget;
  /** Divides the object's time between its members. */
  readonly turns: Turns;
  /** Counts the calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Handles one message. Never throws. */
  readonly handle: (connection: Connection, message: ParsedMessage, receivedAt: Cursor) => Promise<void>;
  /** Refuses messages because the object has no memory for them. */
  readonly refuseAll: (connection: Connection, texts: readonly string[]) => void;
}

/** A frame that has room in its socket's queue. */
interface ReceivedFrame {
  readonly connection: Connection;
  readonly queue: MessageQueue;
  /** The position in the change log when it was received. */
  readonly receivedAt: Cursor;
  readonly load: Load;
  /** Why its calls are refused; `undefined` if they are not. */
  readonly refusal: Error | undefined;
}

/**
 * Handles the messages of each socket in order. Receiving a frame only splits and counts it; its messages are parsed and handled in
 * turns that members share fairly.
 */
export function createReceiver(options: ReceiverOptions) {
  const { limits, transformer, frames, shape, head, restore, checkConnection, authorizeDelivery, onUse, memberCalls } =
    options;
  const { turns, handle, refuseAll, budget } = options;
  // A client that reconnects sends all its subscriptions at once, and may repeat calls.
  const max = {
    messages: limits.subscriptionsPerSocket + 100,
    bytes: Math.max(2 * limits.subscriptionBytes, limits.messageBytes),
  };
  const queues = new WeakMap<Connection, MessageQueue>();
  /** Sockets that their clients have closed. Messages that were received before the close are still handled. */
  const closedByClient = new WeakSet<WebSocket>();
  /** Sockets that the object has closed. Their waiting messages are dropped. */
  const closedByObject = new WeakSet<WebSocket>();

  function queueOf(connection: Connection): MessageQueue {
    const known = queues.get(connection);
    if (known) return known;
    const queue = new MessageQueue(
      max,
      budget.open(memberKey(connection.caller), () => {}),
    );
    queues.set(connection, queue);
    return queue;
  }

  function close({ socket }: Connection, code: number, reason: string): undefined {
    closedByObject.add(socket);
    socket.close(code, reason);
  }

  function canHandle(connection: Connection): boolean {
    const { socket } = connection;
    if (closedByObject.has(socket) || (socket.readyState !== WebSocket.OPEN && !closedByClient.has(socket)))
      return false;
    return checkConnection(connection);
  }

  function receiveText(connection: Connection, frame: string): Promise<void> | undefined {
    const bytes = byteLength(frame);
    if (bytes > (frame.startsWith("[") ? max.bytes : limits.messageBytes)) {
      const error = shape({ path: "", input: undefined }, tooLarge(limits.messageBytes));
      connection.send(frames.error({ id: idOfFrame(frame) }, error));
      return close(connection, CLOSE_TOO_BIG, "The message is too large.");
    }
    // A subscription starts at the time its message is received, so it gets the changes made while the message waits.
    const receivedAt = head();
    // Most frames are one short message, which is not split.
    if (frame.startsWith("{") && frame.length <= SMALL_FRAME) return receiveShort(connection, frame, bytes, receivedAt);
    const split = splitFrame(frame, max.messages);
    const texts = "read" in split ? [] : split;
    const load = { messages: "read" in split ? 1 : texts.length, bytes };
    const queue = queueOf(connection);
    const missing = queue.reserve(load);
    if (missing) return refuseFrame(connection, texts, missing);
    const run = (refusal: Error | undefined): Promise<void> => {
      const received = { connection, queue, receivedAt, load, refusal };
      return queue.append(handleAll(received, split, queue.before()));
    };
    return memberCalls ? countCalls(memberCalls, connection, texts, run) : run(undefined);
  }

  function receiveShort(
    connection: Connection,
    text: string,
    bytes: number,
    receivedAt: Cursor,
  ): Promise<void> | undefined {
    const queue = queueOf(connection);
    const load = { messages: 1, bytes };
    const missing = queue.reserve(load);
    if (missing) return refuseFrame(connection, [text], missing);
    const received = { connection, queue, receivedAt, load, refusal: undefined };
    return memberCalls
      ? countShort(memberCalls, received, text)
      : queue.append(handleShort(received, text, queue.before()));
  }

  /** Handles a short message as a call of its member. */
  function countShort(calls: MemberCalls, received: ReceivedFrame, text: string): Promise<void> {
    const { connection, queue } = received;
    return countCalls(calls, connection, [text], (refusal) =>
      queue.append(handleShort({ ...received, refusal }, text, queue.before())),
    );
  }

  /** Refuses a frame for which the socket's queue has no room or the object has no memory. */
  function refuseFrame(connection: Connection, texts: readonly string[], missing: "room" | "memory"): undefined {
    if (missing === "memory" && !connection.awaitsPong()) {
      if (texts.some(isStop)) restore();
      refuseAll(connection, texts);
      return undefined;
    }
    const reason = "Too many unanswered messages. Wait for replies before you send more.";
    return close(connection, CLOSE_TOO_MUCH_PENDING, reason);
  }

  /** Handles a frame that is one short message. This is one function because most frames are short, and each call costs time. */
  async function handleShort(received: ReceivedFrame, text: string, before: Promise<void> | undefined): Promise<void> {
    const { connection, queue, receivedAt, load } = received;
    try {
      if (before) await whenSettled(before);
      // Without a wait, the socket is still open, as it was when the frame arrived.
      if (!(before ? canHandle(connection) : checkConnection(connection))) return;
      const message = parseShort(text);
      if (message) {
        // Whether the check above still holds. Restoring subscriptions and waiting run other code, which can revoke access.
        let isChecked = !message.isOfSubscription;
        if (message.isOfSubscription) restore();
        if (connection.isWaiting()) {
          await connection.whenReady();
          isChecked = false;
        }
        if (turns.begin(costOf(text.length))) {
          if (!isChecked && !canHandle(connection)) return;
          onUse?.(connection.caller);
          await handle(connection, read(received, message), receivedAt);
        } else {
          const member = memberKey(connection.caller);
          const work = (): Promise<boolean> => handleNow(received, message);
          if (!(await turns.runLater(member, costOf(text.length), work))) return;
        }
      }
      if (queue.isLast()) authorizeDelivery(connection);
    } finally {
      queue.release(load);
    }
  }

  function parseShort(text: string): FrameMessage | undefined {
    try {
      return parseMessage(text, transformer, limits.messageBytes);
    } catch (cause) {
      if (cause instanceof SyntaxError) return notJson();
      throw cause;
    }
  }

  async function handleAll(
    received: ReceivedFrame,
    split: readonly string[] | FrameMessage,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const { connection, queue, load } = received;
    try {
      if (before) await whenSettled(before);
      if (!canHandle(connection)) return;
      const member = memberKey(connection.caller);
      const messages =
        "read" in split
          ? [split]
          : await parseInTurns(split, { transformer, messageBytes: limits.messageBytes, turns, member });
      if (messages.some(({ isOfSubscription }) => isOfSubscription)) restore();
      for (const message of messages) {
        if (connection.isWaiting()) await connection.whenReady();
        const isHandled = await turns.run(member, costOf(message.length), () => handleNow(received, message));
        if (!isHandled) return;
      }
      // Once all messages are handled, asks the client to reconnect if its access token has expired.
      if (queue.isLast()) authorizeDelivery(connection);
    } finally {
      queue.release(load);
    }
  }

  /** Handles a message in its turn. Returns false if the connection has no access anymore. */
  async function handleNow(received: ReceivedFrame, message: FrameMessage): Promise<boolean> {
    const { connection, receivedAt } = received;
    if (!canHandle(connection)) return false;
    onUse?.(connection.caller);
    await handle(connection, read(received, message), receivedAt);
    return true;
  }

  function read({ refusal }: ReceivedFrame, message: FrameMessage): ParsedMessage {
    return refusal && !message.isStop ? message.refuse(refusal) : message.read();
  }

  /** Counts messages as calls of their member while they wait and run. Refuses them if the member exceeds its limit. */
  async function countCalls(
    { begin, end }: MemberCalls,
    { caller }: Connection,
    texts: readonly string[],
    run: (refusal: Error | undefined) => Promise<void>,
  ): Promise<void> {
    const calls = texts.filter((text) => !isStop(text)).length;
    const member = memberKey(caller);
    if (!begin(member, calls)) return run(memberQuota("calls", limits.callsPerMember));
    try {
      await run(undefined);
    } finally {
      end(member, calls);
    }
  }

  return {
    /** Returns `undefined` if the frame was handled at once. */
    receive(connection: Connection, frame: string | ArrayBuffer): Promise<void> | undefined {
      if (typeof frame !== "string") {
        return close(connection, CLOSE_UNSUPPORTED, "Binary frames are not supported. Send text frames.");
      }
      if (frame === "PONG") {
        restore();
        connection.onPong();
        return undefined;
      }
      if (frame === "PING") {
        connection.pong();
        return undefined;
      }
      return receiveText(connection, frame);
    },

    /** Drops the waiting messages of a socket. */
    drop: (socket: WebSocket): void => void closedByObject.add(socket),

    /**
     * Records that the client has closed a socket. Resolves when the messages received before are handled; returns `undefined` if
     * none wait.
     */
    leave(connection: Connection): Promise<void> | undefined {
      closedByClient.add(connection.socket);
      return queues.get(connection)?.close();
    },
  };
}

/** Waits for a frame. An error while it is handled must not prevent the next one from being handled. */
function whenSettled(handled: Promise<void>): Promise<void> {
  return handled.catch(() => {});
}
