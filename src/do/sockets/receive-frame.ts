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
import { createMessageQueue } from "./message-queue.js";
import { isStop, notJson, parseMessages, splitFrame, type FrameMessage, type ParsedMessage } from "./messages.js";
import { memberQuota, tooLarge } from "../connections/socket-errors.js";
import type { SocketLimits } from "../connections/socket-limits.js";
import { createWaitingBytes } from "./waiting-bytes.js";
import type { MemoryBudget } from "../connections/memory-budget.js";

export interface ReceiverOptions {
  readonly limits: Required<SocketLimits>;
  readonly transformer: TRPCCombinedDataTransformer;
  readonly frames: Frames;
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** The newest entry of the change log that subscribers were sent. */
  readonly head: () => Cursor;
  /** Takes up the subscriptions of all sockets after a sleep. */
  readonly restore: () => void;
  /** Whether a caller may use a socket now, also one that its client has closed since. */
  readonly isAdmitted: (connection: Connection) => boolean;
  readonly authorizeDelivery: (connection: Connection) => boolean;
  readonly onUse: ((caller: Caller) => void) | undefined;
  /** The memory that all sockets of the object may take together. */
  readonly budget: MemoryBudget;
  /** Divides the time of the object between its members. */
  readonly turns: Turns;
  /** The calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Answers one message. Never throws. */
  readonly answer: (connection: Connection, message: ParsedMessage, head: Cursor) => Promise<void>;
  /** Refuses messages for which the object has no memory. */
  readonly refuseAll: (connection: Connection, texts: readonly string[]) => void;
}

/** Texts that are parsed in one turn, in characters. One message may be longer. */
const PARSED_IN_ONE_TURN = 65_536;
/** A frame up to this length is parsed in the turn of its first message. */
const SMALL_FRAME = 8_192;

/**
 * Answers the messages of a frame one after the other, and frames of one socket in the order they came. Members have their
 * messages parsed and answered in turn: receiving a frame only splits and counts it.
 */
export function createReceiver(options: ReceiverOptions) {
  const { limits, transformer, frames, shape, head, restore, isAdmitted, authorizeDelivery, onUse, memberCalls } =
    options;
  const { turns, answer, refuseAll } = options;
  // A client that comes back sends all its subscriptions at once, and may have calls to send again.
  const most = {
    messages: limits.subscriptionsPerSocket + 100,
    bytes: Math.max(2 * limits.subscriptionBytes, limits.messageBytes),
  };
  const queue = createMessageQueue(most);
  const waitingBytes = createWaitingBytes(options.budget);
  /** Sockets that their clients closed while messages waited. */
  const left = new WeakSet<WebSocket>();
  /** Sockets that the object closed: what waits on them is not handled. */
  const cut = new WeakSet<WebSocket>();

  function close({ socket }: Connection, code: number, reason: string): void {
    cut.add(socket);
    socket.close(code, reason);
  }

  /** A message that came before its client closed the socket is handled. */
  function mayHandle(connection: Connection): boolean {
    const { socket } = connection;
    if (cut.has(socket) || (socket.readyState !== WebSocket.OPEN && !left.has(socket))) return false;
    return isAdmitted(connection);
  }

  async function receiveText(connection: Connection, frame: string): Promise<void> {
    const bytes = byteLength(frame);
    if (bytes > (frame.startsWith("[") ? most.bytes : limits.messageBytes)) {
      const error = shape({ path: "", input: undefined }, tooLarge(limits.messageBytes));
      connection.send(frames.error({ id: idOfFrame(frame) }, error));
      return close(connection, CLOSE_TOO_BIG, "The message is too large.");
    }
    // Fixed when the message is received: it is sent what is written while it waits for its turn.
    const receivedAt = head();
    const split = splitFrame(frame, most.messages);
    const texts = "read" in split ? [] : split;
    const load = { messages: "read" in split ? 1 : texts.length, bytes };
    const tooMuch = "Too much waits to be answered.";
    if (!queue.hasRoom(connection.socket, load)) return close(connection, CLOSE_TOO_MUCH_PENDING, tooMuch);
    if (!waitingBytes.reserve(connection, bytes)) {
      if (connection.isAsked()) return close(connection, CLOSE_TOO_MUCH_PENDING, tooMuch);
      return refuseAll(connection, texts);
    }
    const calls = texts.filter((text) => !isStop(text)).length;
    const answered = counted(connection, calls, (read) =>
      queue.run(connection.socket, load, async (isLast) => {
        if (!mayHandle(connection)) return;
        const member = memberKey(connection.caller);
        const messages = "read" in split ? [split] : await parse(member, texts);
        if (messages.some(({ isOfSubscription }) => isOfSubscription)) restore();
        for (const message of messages) {
          if (connection.isWaiting()) await connection.ready();
          const isHandled = await turns.run(member, costOf(message.length), async () => {
            if (!mayHandle(connection)) return false;
            onUse?.(connection.caller);
            await answer(connection, read(message), receivedAt);
            return true;
          });
          if (!isHandled) return;
        }
        // Asks a lapsed client to come back, once nothing of it is left unanswered.
        if (isLast()) authorizeDelivery(connection);
      }),
    );
    await answered.finally(() => waitingBytes.release(connection, bytes));
  }

  /** Parses the messages of a frame, of a large one in several turns. None is answered unless all of them are JSON. */
  async function parse(member: string, texts: readonly string[]): Promise<readonly FrameMessage[]> {
    const messages: FrameMessage[] = [];
    const add = (part: readonly string[]): void =>
      void messages.push(...parseMessages(part, transformer, limits.messageBytes));
    try {
      for (const { part, length } of partsOf(texts)) {
        if (part.length === texts.length && length <= SMALL_FRAME) add(part);
        else await turns.run(member, costOf(length), async () => add(part));
      }
      return messages;
    } catch (cause) {
      if (cause instanceof SyntaxError) return [notJson()];
      throw cause;
    }
  }

  /** Counts messages as calls of their member while they wait and run. Beyond the member's limit each is refused. */
  async function counted(
    { caller }: Connection,
    calls: number,
    work: (read: (message: FrameMessage) => ParsedMessage) => Promise<void>,
  ): Promise<void> {
    if (!memberCalls) return work((message) => message.read());
    const member = memberKey(caller);
    if (!memberCalls.begin(member, calls)) {
      const cause = memberQuota("calls", limits.callsPerMember);
      return work((message) => (message.isStop ? message.read() : message.refuse(cause)));
    }
    try {
      await work((message) => message.read());
    } finally {
      memberCalls.end(member, calls);
    }
  }

  return {
    async receive(connection: Connection, frame: string | ArrayBuffer): Promise<void> {
      if (typeof frame !== "string") {
        return close(connection, CLOSE_UNSUPPORTED, "Binary frames are not supported. Send text frames.");
      }
      if (frame === "PONG") {
        restore();
        return connection.onPong();
      }
      if (frame === "PING") return connection.pong();
      await receiveText(connection, frame);
    },

    /** Drops the messages that wait on a socket. */
    drop: (socket: WebSocket): void => void cut.add(socket),

    /**
     * The client has closed a socket. Resolves when the messages that came before have been handled; returns `undefined` if
     * there are none.
     */
    leave(connection: Connection): Promise<void> | undefined {
      left.add(connection.socket);
      const handled = queue.whenIdle(connection.socket);
      if (!handled) waitingBytes.close(connection);
      return handled?.finally(() => waitingBytes.close(connection));
    },
  };
}

/** Divides the texts of a frame into parts that are parsed in one turn each. */
function* partsOf(texts: readonly string[]) {
  for (let from = 0; from < texts.length;) {
    let to = from;
    let length = 0;
    do length += texts[to++]?.length ?? 0;
    while (to < texts.length && length < PARSED_IN_ONE_TURN);
    yield { part: texts.slice(from, to), length };
    from = to;
  }
}
