import { TRPCError, type AnyTRPCRouter } from "@trpc/server";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { limits } from "../../shared/limits.js";
import { readAttachment, writeAttachment } from "./attachment.js";
import type { ChangeHub } from "./change-hub.js";
import { describeSource } from "./change-source.js";
import { createFrames, type FrameHead } from "./frames.js";
import { parseFrame, type Message, type ParsedMessage } from "./messages.js";
import { createSubscriptions, type OpenSubscription } from "./subscriptions.js";

/** The session behind the socket is over, or its access token has lapsed and was not renewed. */
export const CLOSE_SESSION_ENDED = 4401;

export interface SocketServerOptions {
  readonly state: DurableObjectState;
  readonly router: AnyTRPCRouter;
  readonly hub: ChangeHub;
  /** Runs a query or a mutation, as for any other transport. */
  readonly run: (caller: Caller, call: Call) => Promise<Reply>;
  /** Runs a subscription's procedure and hands over what it returned. */
  readonly subscribe: (
    caller: Caller,
    call: Call,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Formats an error that no procedure threw. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  readonly isAlive: (caller: Caller) => boolean;
}

/** tRPC's WebSocket protocol on sockets that hibernate: what must outlive a sleep is in their attachments. */
export function createSocketServer({ state, router, hub, run, subscribe, shape, isAlive }: SocketServerOptions) {
  const frames = createFrames(router);
  const queues = new WeakMap<WebSocket, Promise<void>>();

  const open: OpenSubscription = async (socket, { path, input }, lastEventId) => {
    const caller = readAttachment(socket)?.caller ?? { type: "anonymous" };
    const call: Call = { type: "subscription", path, input, lastEventId };
    const opened = await subscribe(caller, call);
    if (!opened.ok) return opened;
    const source = describeSource(opened.result);
    return source ? { ok: true, source } : { ok: false, error: shape(call, notASource(path)) };
  };

  /** Closing is not revoking: a client that ignores the close is still asked here, each time. */
  function mayUse(socket: WebSocket): boolean {
    if (socket.readyState !== WebSocket.OPEN) return false;
    const attachment = readAttachment(socket);
    if (attachment && isAlive(attachment.caller)) return true;
    socket.close(CLOSE_SESSION_ENDED, "The session is over.");
    return false;
  }

  function mayReceive(socket: WebSocket): boolean {
    if (!mayUse(socket)) return false;
    if ((readAttachment(socket)?.lapses ?? 0) > Date.now()) return true;
    // The client opens a new socket with fresh credentials and resumes there, by cursor.
    socket.send(frames.reconnect());
    return false;
  }

  const subscriptions = createSubscriptions({
    hub,
    frames,
    open,
    mayReceive,
    waitUntil: (work) => state.waitUntil(work),
  });

  async function start(
    socket: WebSocket,
    message: Exclude<Message, { method: "subscription.stop" }>,
  ): Promise<string | undefined> {
    const { id, jsonrpc, params } = message;
    const call: Call = { type: "subscription", path: params.path, input: params.input };
    if (id === null) return frames.error(message, shape(call, idRequired()));
    if (subscriptions.has(socket, id)) return frames.error(message, shape(call, duplicateId(id)));
    // Fixed before the procedure runs: what is written while it does is told.
    const from = params.lastEventId ?? hub.head();
    const stored = { id, jsonrpc, path: params.path, input: params.input };
    const opened = await open(socket, stored, params.lastEventId);
    if (!opened.ok) return frames.error(message, opened.error);
    if (socket.readyState !== WebSocket.OPEN) return undefined;
    socket.send(frames.started(message));
    subscriptions.add(socket, { ...stored, table: opened.source.table }, from);
    return undefined;
  }

  async function answer(socket: WebSocket, message: Message): Promise<string | undefined> {
    if (message.method === "subscription.stop") {
      const removed = message.id !== null && subscriptions.remove(socket, message.id);
      return removed ? frames.stopped(message) : undefined;
    }
    if (message.method === "subscription") return start(socket, message);
    const call: Call = { type: message.method, path: message.params.path, input: message.params.input };
    if (message.id === null) return frames.error(message, shape(call, idRequired()));
    const reply = await run(readAttachment(socket)?.caller ?? { type: "anonymous" }, call);
    return reply.ok ? frames.data(message, reply.data) : frames.error(message, reply.error);
  }

  /** Never throws: an exception in a message handler leaves the client without an answer. */
  async function handle(socket: WebSocket, parsed: ParsedMessage): Promise<void> {
    if (!mayUse(socket)) return;
    const refuse = (head: FrameHead, cause: unknown) =>
      frames.error(head, shape({ path: "", input: undefined }, cause));
    const frame = parsed.ok
      ? await answer(socket, parsed.message).catch((cause: unknown) => refuse(parsed.message, cause))
      : refuse(parsed.head, unreadable(parsed.cause));
    if (frame !== undefined && socket.readyState === WebSocket.OPEN) socket.send(frame);
  }

  for (const socket of state.getWebSockets()) subscriptions.restore(socket);

  return {
    /** Takes a socket over for a caller that the Worker vouches for. */
    accept(caller: Caller, lapses: number): Response {
      const { 0: client, 1: server } = new WebSocketPair();
      const tags = caller.type === "user" && caller.via === "session" ? [sessionTag(caller.sessionId)] : [];
      state.acceptWebSocket(server, tags);
      writeAttachment(server, { caller, lapses, subscriptions: [] });
      return new Response(null, { status: 101, webSocket: client });
    },

    /** Answers the messages of a frame one after the other, and frames of one socket in the order they came. */
    async onMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
      if (typeof frame !== "string") return socket.close(1003, "Only text frames are understood.");
      if (frame.length > limits.messageBytes) return socket.close(1009, "The message is too large.");
      if (frame === "PONG" || frame === "PING") return;
      const messages = parseFrame(frame, router._def._config.transformer);
      const before = queues.get(socket) ?? Promise.resolve();
      const work = before.then(async () => {
        for (const message of messages) await handle(socket, message);
      });
      queues.set(socket, work);
      await work;
    },

    onClose: (socket: WebSocket): void => subscriptions.forget(socket),

    /** Ends what a session holds open. Its row must be gone before: a close alone stops no messages. */
    endSession(sessionId: string): void {
      for (const socket of state.getWebSockets(sessionTag(sessionId))) {
        subscriptions.forget(socket);
        socket.close(CLOSE_SESSION_ENDED, "The session is over.");
      }
    },
  };
}

export type SocketServer = ReturnType<typeof createSocketServer>;

function sessionTag(sessionId: string): string {
  return `session:${sessionId}`;
}

function notASource(path: string): TRPCError {
  return new TRPCError({
    code: "NOT_IMPLEMENTED",
    message: `The subscription "${path}" does not return a source that can sleep. Return ctx.tables.<table>.changes({ signal }).`,
  });
}

function duplicateId(id: string | number): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message: `Duplicate id ${id}` });
}

function idRequired(): TRPCError {
  return new TRPCError({ code: "PARSE_ERROR", message: "`id` is required" });
}

function unreadable(cause: unknown): TRPCError {
  if (cause instanceof TRPCError) return cause;
  return new TRPCError({ code: "PARSE_ERROR", message: cause instanceof Error ? cause.message : "Malformed message" });
}
