import type { TRPCCombinedDataTransformer } from "@trpc/server";
import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { CLOSE_TOO_BIG, CLOSE_TOO_MUCH_WAITING, CLOSE_UNSUPPORTED } from "../../shared/close-codes.js";
import type { Cursor } from "../../shared/cursor.js";
import { createSlice } from "../scheduling/create-slice.js";
import { memberKey } from "../scheduling/member-key.js";
import { byteLength } from "./byte-length.js";
import type { Connection } from "./connection.js";
import type { Frames } from "./frames.js";
import { idOfFrame } from "./message-id.js";
import { createMessageQueue } from "./message-queue.js";
import { parseFrame, type FrameMessage, type ParsedMessage } from "./messages.js";
import type { MemberCalls } from "./member-calls.js";
import { memberQuota, tooLarge } from "./socket-errors.js";
import type { SocketLimits } from "./socket-limits.js";

export interface ReceiverOptions {
  readonly limits: Required<SocketLimits>;
  readonly transformer: TRPCCombinedDataTransformer;
  readonly frames: Frames;
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** The newest entry of the change log that subscribers were sent. */
  readonly head: () => Cursor;
  /** Takes up the subscriptions of all sockets after a sleep. */
  readonly restore: () => void;
  /** Whether a caller may use a socket now. */
  readonly mayUse: (connection: Connection) => boolean;
  readonly mayReceive: (connection: Connection) => boolean;
  readonly onUse: ((caller: Caller) => void) | undefined;
  /** The calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Answers one message. Never throws. */
  readonly answer: (connection: Connection, message: ParsedMessage, head: Cursor) => Promise<void>;
  /** Refuses messages for which the object has no memory. */
  readonly refuseAll: (connection: Connection, messages: readonly ParsedMessage[]) => void;
}

/** Answers the messages of a frame one after the other, and frames of one socket in the order they came. */
export function createReceiver(options: ReceiverOptions) {
  const { limits, transformer, frames, shape, head, restore, mayUse, mayReceive, onUse, memberCalls } = options;
  const { answer, refuseAll } = options;
  // A client that comes back sends all its subscriptions at once, and may have calls to send again.
  const most = {
    messages: limits.subscriptionsPerSocket + 100,
    bytes: Math.max(2 * limits.subscriptionBytes, limits.messageBytes),
  };
  const queue = createMessageQueue(most);

  async function receiveText(connection: Connection, frame: string): Promise<void> {
    const { socket } = connection;
    const bytes = byteLength(frame);
    if (bytes > (frame.startsWith("[") ? most.bytes : limits.messageBytes)) {
      const error = shape({ path: "", input: undefined }, tooLarge(limits.messageBytes));
      connection.send(frames.error({ id: idOfFrame(frame) }, error));
      return socket.close(CLOSE_TOO_BIG, "The message is too large.");
    }
    // Fixed when the message is received: it is sent what is written while it waits for its turn.
    const receivedAt = head();
    const { messageBytes } = limits;
    const parse = () => parseFrame(frame, transformer, { messages: most.messages, messageBytes });
    let messages: readonly FrameMessage[] | undefined = parse();
    if (messages.some(({ isOfSubscription }) => isOfSubscription)) restore();
    const load = { messages: messages.length, bytes };
    if (!queue.hasRoom(socket, load)) return socket.close(CLOSE_TOO_MUCH_WAITING, "Too much waits to be answered.");
    if (!connection.memory.reserve("queued", bytes)) {
      return refuseAll(
        connection,
        messages.map((message) => message.read()),
      );
    }
    const calls = messages.filter(({ isStop }) => !isStop).length;
    // The text takes less memory than what is parsed from it.
    if (queue.isBusy(socket)) messages = undefined;
    const answered = counted(connection, calls, (read) =>
      queue.run(socket, load, async (isLast) => {
        const slice = createSlice();
        for (const message of messages ?? parse()) {
          if (slice.isOver()) await slice.next();
          slice.spend();
          if (connection.isWaiting()) await connection.ready();
          if (!mayUse(connection)) return;
          onUse?.(connection.caller);
          await answer(connection, read(message), receivedAt);
        }
        // Asks a lapsed client to come back, once nothing of it is left unanswered.
        if (isLast()) mayReceive(connection);
      }),
    );
    await answered.finally(() => connection.memory.release("queued", bytes));
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

  return async (connection: Connection, frame: string | ArrayBuffer): Promise<void> => {
    const { socket } = connection;
    if (typeof frame !== "string")
      return socket.close(CLOSE_UNSUPPORTED, "Binary frames are not supported. Send text frames.");
    if (frame === "PONG") {
      restore();
      return connection.onPong();
    }
    if (frame === "PING") return connection.pong();
    await receiveText(connection, frame);
  };
}
