import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import { lastEventIdIn } from "../../shared/last-event-id.js";
import { memberKey } from "../scheduling/member-key.js";
import { readAttachment } from "../connections/attachment.js";
import type { Connection } from "../connections/connection.js";
import type { FrameHead, Frames } from "../connections/frames.js";
import type { ReconnectPositions } from "./reconnect-positions.js";
import { readMessageId } from "./message-id.js";
import { isStop, type Message, type ParsedMessage } from "./messages.js";
import { subscriptionKindOf, type OpenedResult, type Start } from "./stream-scope.js";
import {
  duplicateId,
  inputsUseTooMuchMemory,
  memberQuota,
  tooManySubscriptions,
  tooMuchInput,
  tooManyUnanswered,
} from "../connections/socket-errors.js";
import type { SocketServerOptions } from "./socket-capability.js";
import { inputBytes } from "../connections/subscription-index.js";
import type { Subscriptions } from "./subscriptions.js";

export interface MessageHandlerOptions extends SocketServerOptions {
  readonly frames: Frames;
  readonly subscriptions: () => Subscriptions;
  readonly reconnectPositions: ReconnectPositions;
  readonly open: (
    caller: Caller,
    call: Call,
    start: Start | undefined,
  ) => Promise<
    { readonly ok: true; readonly opened: OpenedResult } | { readonly ok: false; readonly error: ErrorShape }
  >;
}

type CallMessage = Exclude<Message, { method: "subscription.stop" }>;

/** The key of the socket, for the procedures that are about the socket itself. */
function socketKeyFor({ socket }: Connection, path: string): Pick<Call, "socketKey"> {
  return path.startsWith("presence.") ? { socketKey: readAttachment(socket)?.key } : {};
}

/** Runs the procedure that a client's message calls, and sends the reply. */
export function createMessageHandler(options: MessageHandlerOptions) {
  const { frames, subscriptions, reconnectPositions, limits, isShared, run, open, shape } = options;

  function refusal(connection: Connection, { id, params, wireInput }: CallMessage): Error | undefined {
    const { index } = subscriptions();
    if (index.get(connection, id)) return duplicateId(id);
    const { subscriptionsPerSocket, subscriptionsPerObject } = limits;
    if (index.countOf(connection) >= subscriptionsPerSocket)
      return tooManySubscriptions(subscriptionsPerSocket, "socket");
    if (index.count() >= subscriptionsPerObject) return tooManySubscriptions(subscriptionsPerObject, "object");
    const { subscriptionBytes } = limits;
    const bytes = inputBytes(wireInput, params.lastEventId);
    if (index.bytesOf(connection) + bytes > subscriptionBytes) return tooMuchInput(subscriptionBytes);
    const refused = isShared ? memberRefusal(memberKey(connection.caller), bytes) : undefined;
    if (refused) return refused;
    return connection.memory.reserve("stored", bytes) ? undefined : inputsUseTooMuchMemory();
  }

  /** Returns the error if another subscription would exceed the limits of an organization's member. */
  function memberRefusal(member: string, bytes: number): Error | undefined {
    const { index } = subscriptions();
    const { subscriptionsPerMember, subscriptionBytesPerMember } = limits;
    if (index.countOfMember(member) >= subscriptionsPerMember)
      return memberQuota("subscriptions", subscriptionsPerMember);
    return index.bytesOfMember(member) + bytes > subscriptionBytesPerMember
      ? memberQuota("subscriptionBytes", subscriptionBytesPerMember)
      : undefined;
  }

  async function subscribe(connection: Connection, message: CallMessage, receivedAt: Cursor): Promise<void> {
    const { path, input } = message.params;
    const lastEventId = message.params.lastEventId ?? lastEventIdIn(input);
    const call: Call = { type: "subscription", path, input, lastEventId, ...socketKeyFor(connection, path) };
    const refused = refusal(connection, message);
    if (refused) return connection.send(frames.error(message, shape(call, refused)));
    try {
      await start(connection, message, call, receivedAt);
    } finally {
      // If the subscription was added, the index counts its input from now on.
      connection.memory.release("stored", inputBytes(message.wireInput, message.params.lastEventId));
    }
  }

  async function start(connection: Connection, message: CallMessage, call: Call, receivedAt: Cursor): Promise<void> {
    const { id, jsonrpc, wireInput, userdo } = message;
    const { path, lastEventId } = call;
    const { caller } = connection;
    const position = reconnectPositions.take(caller, id, path, receivedAt);
    const from: Start =
      userdo?.startedAt === undefined ? (position ?? { after: receivedAt }) : { after: userdo.startedAt };
    const after = lastEventId ?? from.after;
    const result = await open(caller, call, lastEventId === undefined ? from : undefined);
    if (!result.ok) return connection.send(frames.error(message, result.error));
    const { opened } = result;
    if (connection.socket.readyState !== WebSocket.OPEN) {
      if (opened.kind === "iterable") opened.controller.abort();
      return;
    }
    const stored = { id, jsonrpc, path, input: wireInput, ...subscriptionKindOf(opened, lastEventId) };
    if (opened.kind === "live") {
      connection.send(frames.started(message));
      const reads = userdo && { readsFlushed: true as const, ...(userdo.deltas && { readsDeltas: true as const }) };
      return subscriptions().add(connection, { ...stored, ...reads }, opened, receivedAt);
    }
    const startsAt = typeof after === "string" ? after : formatCursor(after);
    connection.send(frames.started(message, userdo && lastEventId === undefined ? startsAt : undefined));
    subscriptions().add(connection, stored, opened, after);
  }

  function stop(connection: Connection, id: string | number, head: FrameHead): void {
    const subscription = subscriptions().index.get(connection, id);
    if (subscription) subscriptions().end(subscription, frames.stopped(head));
  }

  function replyFrame(head: FrameHead, reply: Reply): string {
    if (!reply.ok) return frames.error(head, reply.error);
    const { data, encoding, cursor } = reply;
    return encoding === "json" ? frames.replyText(head, data as string, cursor) : frames.reply(head, data, cursor);
  }

  function refuse(connection: Connection, to: FrameHead, cause: unknown, path = ""): void {
    connection.send(frames.error(to, shape({ path, input: undefined }, cause)));
  }

  return {
    /** Never throws: an exception in a message handler would leave the client without a reply. */
    async handle(connection: Connection, parsed: ParsedMessage, receivedAt: Cursor): Promise<void> {
      const isClosed = connection.socket.readyState !== WebSocket.OPEN;
      if (!parsed.ok) return isClosed ? undefined : refuse(connection, parsed.head, parsed.cause);
      const { message } = parsed;
      // The client receives no reply after the close, but a mutation that it sent before takes effect.
      if (isClosed && message.method !== "mutation") return;
      try {
        if (message.method === "subscription.stop") stop(connection, message.id, message);
        else if (message.method === "subscription") await subscribe(connection, message, receivedAt);
        else {
          const { path, input } = message.params;
          const { idempotencyKey } = message;
          const call: Call = { type: message.method, path, input, ...socketKeyFor(connection, path) };
          const reply = await run(connection.caller, idempotencyKey === undefined ? call : { ...call, idempotencyKey });
          connection.send(replyFrame(message, reply));
        }
      } catch (cause) {
        refuse(connection, message, cause);
      }
    },

    /** Refuses the messages of a frame without parsing them, because the object has no memory for them. */
    refuseAll(connection: Connection, texts: readonly string[]): void {
      let error: ErrorShape | undefined;
      for (const text of texts) {
        const id = readMessageId(text);
        // A stop message needs no memory and releases the memory of its subscription.
        if (id !== null && isStop(text)) stop(connection, id, { id });
        else
          connection.send(frames.error({ id }, (error ??= shape({ path: "", input: undefined }, tooManyUnanswered()))));
      }
    },
  };
}
