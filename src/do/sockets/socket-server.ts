import type { AnyTRPCRouter } from "@trpc/server";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import { randomId } from "../../shared/random-id.js";
import { createLiveResults } from "../live/live-result.js";
import type { LiveRunner } from "../live/live-runner.js";
import { liveInput } from "../../router/live/live-procedure.js";
import { createAnswers } from "./answer-message.js";
import { ATTACHMENT_VERSION, closeIfNewer, readAttachment, type Attachment } from "./attachment.js";
import type { LiveObject } from "../kind-of-object.js";
import type { ChangeHub } from "./change-hub.js";
import { CLOSE_NO_MEMBER, CLOSE_SESSION_ENDED } from "../../shared/close-codes.js";
import { createConnection, type Connection } from "./connection.js";
import { createFrames } from "./frames.js";
import { createHandovers } from "./handovers.js";
import type { HeldStream } from "./held-streams.js";
import type { Turns } from "../scheduling/create-turns.js";
import type { MemberCalls } from "./member-calls.js";
import { createMemoryBudget } from "./memory-budget.js";
import { createPermits, NEVER } from "./permits.js";
import { createPendingCall, kindOf, type LiveCall, type Start } from "./open-result.js";
import { cannotResume, noMember, resultTooLarge, sessionEnded, tooManySockets } from "./socket-errors.js";
import type { SocketLimits } from "./socket-limits.js";
import { createReceiver } from "./receive-frame.js";
import { createSubscriptions, type Reopen } from "./subscriptions.js";
import { createSubscriptionStore } from "./subscription-store.js";
import { exceededSocketLimit, sessionTag, userTag } from "./socket-tags.js";
import { createWakeMark } from "./wake-mark.js";

export interface SocketServerOptions extends Pick<
  LiveObject,
  "isBorn" | "isShared" | "admission" | "admit" | "standing" | "onUse"
> {
  readonly state: DurableObjectState;
  readonly router: AnyTRPCRouter;
  readonly hub: ChangeHub;
  readonly limits: Required<SocketLimits>;
  /** Runs a query or a mutation, as for any other transport. */
  readonly run: (caller: Caller, call: Call) => Promise<Reply>;
  /** Runs a subscription's procedure and hands over what it returned. */
  readonly subscribe: (
    caller: Caller,
    call: Call,
    live: LiveCall,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Formats an error that no procedure threw. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** Runs live queries. */
  readonly live: LiveRunner;
  /** The calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Divides the time of the object between its members. */
  readonly turns: Turns;
}

/** tRPC's WebSocket protocol on sockets that hibernate: what must outlive a sleep is kept with them. */
export function createSocketServer(options: SocketServerOptions) {
  const { state, router, hub, limits, subscribe, shape, live } = options;
  const { transformer } = router._def._config;
  const frames = createFrames(router);
  const store = createSubscriptionStore(state.storage.sql);
  const connections = new Map<WebSocket, Connection>();
  const wakeMark = createWakeMark(state.storage);
  const budget = createMemoryBudget(limits.memoryBytes);

  /** Runs a subscription's procedure, and says what can be told from. */
  async function open(caller: Caller, call: Call, start: Start | undefined) {
    const pending = createPendingCall(start);
    const result = await subscribe(caller, call, pending.live);
    if (!result.ok) return result;
    try {
      return { ok: true, opened: pending.opened(result.result, call.path) } as const;
    } catch (cause) {
      return { ok: false, error: shape(call, cause) } as const;
    }
  }

  const reopen: Reopen = async (connection, { path, type, input, kind, cursor }, start) => {
    // It has had its effect.
    if (type === "mutation") return { ok: false, error: shape({ type, path, input: undefined }, cannotResume()) };
    const call: Call = {
      type: type ?? "subscription",
      path,
      input: input === undefined ? undefined : transformer.input.deserialize(input),
      lastEventId: kind === "tracked" ? cursor : undefined,
    };
    return open(connection.caller, call, start);
  };

  const permits = createPermits({
    ...options,
    frames,
    handovers: () => handovers,
    onAdmitted: (connection) => subscriptions.resume(connection),
    waitUntil: (work) => state.waitUntil(work),
  });
  const { mayReceive, whenAdmitted } = permits;

  // Listens before the subscriptions do: after a sleep they are indexed when something is told, not before.
  hub.onFlush(() => {
    restore();
    permits.beginFlush();
  });
  const subscriptions = createSubscriptions({
    hub,
    frames,
    store,
    reopen,
    mayReceive,
    whenAdmitted,
    shape: (path, cause) => shape({ type: "subscription", path, input: undefined }, cause),
    waitUntil: (work) => state.waitUntil(work),
    onGenerator: () => wakeMark.set(),
    live: {
      runner: live,
      toResult: createLiveResults(router),
      refusal: ({ bytes }) => (bytes > limits.resultBytes ? resultTooLarge(limits.resultBytes) : undefined),
      requestOf: ({ input }) => liveInput.parse(transformer.input.deserialize(input)),
      inOneLook: permits.inOneLook,
      unknownResult: budget.unknownResult,
    },
  });
  hub.onFlush(permits.endFlush);
  const handovers = createHandovers(subscriptions.index, permits.isStale);
  const answers = createAnswers({ ...options, frames, subscriptions, handovers, open });
  const receiver = createReceiver({
    limits,
    transformer,
    frames,
    shape,
    head: hub.head,
    restore,
    // An object that was erased has no sessions left to look at.
    isAdmitted: (connection) => options.isBorn() && permits.isAdmitted(connection),
    mayReceive,
    onUse: options.onUse,
    budget,
    turns: options.turns,
    memberCalls: options.memberCalls,
    answer: answers.answer,
    refuseAll: answers.refuseAll,
  });

  function connect(socket: WebSocket): Connection {
    const connection: Connection = createConnection({
      socket,
      store,
      limits,
      budget,
      onWait: () => wakeMark.set(),
      onReady: () => subscriptions.resume(connection),
      onTooSlow() {
        receiver.drop(socket);
        void leave(socket);
      },
      onSend: () => options.onUse?.(connection.caller),
    });
    connections.set(socket, connection);
    return connection;
  }

  /** Deletes what is kept of a socket that is closed. Returns its messages that are not handled yet, if there are some. */
  function leave(socket: WebSocket): Promise<void> | undefined {
    const connection = connections.get(socket);
    const key = readAttachment(socket)?.key;
    // An object that was erased has nothing of it left, not even the table.
    if (key !== undefined && options.isBorn()) store.forget(key);
    if (!connection) return undefined;
    handovers.leave(connection, hub.head());
    subscriptions.forget(connection);
    connection.end();
    connections.delete(socket);
    return receiver.leave(connection);
  }

  let restored = false;
  /** Takes up the subscriptions of all sockets. Not before it is needed: a call that wakes the object needs none. */
  function restore(): void {
    if (restored) return;
    restored = true;
    for (const socket of state.getWebSockets()) {
      const attachment = readAttachment(socket);
      if (!attachment) closeIfNewer(socket);
      if (!attachment) continue;
      const connection = connectionOf(socket);
      subscriptions.restore(connection, store.read(attachment));
      if (!connection.isWaiting()) subscriptions.resume(connection);
    }
  }

  let swept = false;
  /** Once after a start, when the first socket comes back: a reset or a deploy ended those before without a word. */
  function sweep(): void {
    if (swept) return;
    swept = true;
    store.sweep(state.getWebSockets().flatMap((socket) => readAttachment(socket)?.key ?? []));
  }

  const connectionOf = (socket: WebSocket): Connection => connections.get(socket) ?? connect(socket);

  if (wakeMark.isSet()) {
    // At once, so that what this event starts is marked anew.
    wakeMark.clear();
    // After the event that woke the object, so that waking runs no procedure.
    const restored = scheduler.wait(0).then(restore);
    state.waitUntil(restored.then(subscriptions.awakenOthers));
  }

  function accept(caller: Caller, lapses: number): { connection: Connection; client: WebSocket } {
    const { 0: client, 1: server } = new WebSocketPair();
    const session = sessionOf(caller);
    // Answered by the platform: a client that asks whether the object is there does not wake it.
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("PING", "PONG"));
    const tags = caller.type === "user" ? [userTag(caller.userId)] : [];
    state.acceptWebSocket(server, session === undefined ? tags : [...tags, sessionTag(session)]);
    const standing = options.standing?.(caller);
    server.serializeAttachment({
      version: ATTACHMENT_VERSION,
      key: randomId(),
      caller,
      lapses,
      standing,
      subscriptions: "[]",
    } satisfies Attachment);
    restore();
    sweep();
    return { connection: connect(server), client };
  }

  function end(tag: string, code: number, reason: string): void {
    for (const socket of state.getWebSockets(tag)) {
      const connection = connectionOf(socket);
      receiver.drop(socket);
      subscriptions.forget(connection);
      connection.end();
      socket.close(code, reason);
    }
  }

  return {
    /** Takes a socket over for a caller that the Worker vouches for. */
    accept(caller: Caller, lapses: number): Response {
      const exceeded = exceededSocketLimit(state, caller, limits, options.isShared);
      if (exceeded) return tooManySockets(exceeded);
      return new Response(null, { status: 101, webSocket: accept(caller, lapses).client });
    },

    /** Takes a Worker's socket over, and tells the stream on it that the Worker showed the ticket for. */
    acceptStream({ caller, call, opened, calledAt }: HeldStream): Response {
      // A stream ends with its caller's session, not with an access token: the Worker holds none.
      const exceeded = exceededSocketLimit(state, caller, limits, options.isShared);
      if (exceeded) {
        if (opened.kind === "iterable") opened.controller.abort();
        return tooManySockets(exceeded);
      }
      const accepted = accept(caller, NEVER);
      const { path, lastEventId } = call;
      const type = call.type === "subscription" ? undefined : call.type;
      // A stream of a mutation never runs again, so its input is not kept: it may be as large as a request.
      const isKept = call.input !== undefined && type !== "mutation";
      const input: unknown = isKept ? transformer.input.serialize(call.input) : undefined;
      const stored = { id: 1, path, type, input, ...kindOf(opened, lastEventId) };
      subscriptions.add(accepted.connection, stored, opened, lastEventId ?? calledAt ?? hub.head());
      return new Response(null, { status: 101, webSocket: accepted.client });
    },

    async onMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
      if (!connections.has(socket) && closeIfNewer(socket)) return;
      if (socket.readyState === WebSocket.OPEN) await receiver.receive(connectionOf(socket), frame);
    },

    onClose: leave,

    /**
     * Leaves the sockets to a newer instance of the object, which finds their subscriptions stored with them. Calls that run
     * here are still answered.
     */
    retire(): void {
      restored = true;
      for (const connection of connections.values()) {
        subscriptions.forget(connection);
        connection.end();
      }
    },

    /** Tells the sockets of a caller's session when their live queries show what it has written. */
    mark(caller: Caller): void {
      const session = sessionOf(caller);
      if (session !== undefined) subscriptions.live.mark(session);
    },

    /** Ends what a session holds open. Its row must be gone before: a close alone stops no messages. */
    endSession: (sessionId: string): void => end(sessionTag(sessionId), CLOSE_SESSION_ENDED, sessionEnded),

    /** The same for all sessions of somebody who is no member any more. */
    endUser: (userId: string): void => end(userTag(userId), CLOSE_NO_MEMBER, noMember),
  };
}

export type SocketServer = ReturnType<typeof createSocketServer>;
