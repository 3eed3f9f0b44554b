import type { Call } from "../../shared/call.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import { randomId } from "../../shared/random-id.js";
import { createLiveResults } from "../live/live-result.js";
import { liveInput } from "../../router/live/live-procedure.js";
import { createAnswers } from "./answer-message.js";
import { ATTACHMENT_VERSION, closeIfNewer, readAttachment, type Attachment } from "../connections/attachment.js";
import { CLOSE_NOT_A_MEMBER, CLOSE_SESSION_ENDED } from "../../shared/close-codes.js";
import { createConnection, type Connection } from "../connections/connection.js";
import { createFrames } from "../connections/frames.js";
import { createReconnectPositions } from "./reconnect-positions.js";
import type { PendingStream } from "./pending-streams.js";
import { createMemoryBudget } from "../connections/memory-budget.js";
import { createConnectionAccess, NEVER } from "./connection-access.js";
import { createStreamScope, subscriptionKindOf, type Start } from "./stream-scope.js";
import { cannotResume, noMember, resultTooLarge, sessionEnded, tooManySockets } from "../connections/socket-errors.js";
import { createReceiver } from "./receive-frame.js";
import { createSubscriptions, type Reopen } from "./subscriptions.js";
import { createSubscriptionStore } from "./subscription-store.js";
import { exceededSocketLimit, sessionTag, userTag } from "./socket-tags.js";
import { createResumeFlag } from "./resume-flag.js";
import type { SocketServerOptions } from "./socket-capability.js";

/** tRPC's WebSocket protocol on sockets that hibernate: what must outlive a sleep is kept with them. */
export function createSocketServer(options: SocketServerOptions) {
  const { state, router, hub, limits, subscribe, shape, live } = options;
  const { transformer } = router._def._config;
  const frames = createFrames(router);
  const store = createSubscriptionStore(state.storage.sql);
  const connections = new Map<WebSocket, Connection>();
  const wakeMark = createResumeFlag(state.storage);
  const budget = createMemoryBudget(limits.memoryBytes);

  /** Runs a subscription's procedure, and says what can be told from. */
  async function open(caller: Caller, call: Call, start: Start | undefined) {
    const pending = createStreamScope(start);
    const result = await subscribe(caller, call, pending.scope);
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

  const permits = createConnectionAccess({
    ...options,
    frames,
    reconnectPositions: () => handovers,
    onGranted: (connection) => subscriptions.resume(connection),
    waitUntil: (work) => state.waitUntil(work),
  });
  const { authorizeDelivery, whenResolved } = permits;

  const subscriptions = createSubscriptions({
    hub,
    frames,
    store,
    reopen,
    authorizeDelivery,
    whenResolved,
    shape: (path, cause) => shape({ type: "subscription", path, input: undefined }, cause),
    waitUntil: (work) => state.waitUntil(work),
    onGenerator: () => wakeMark.set(),
    live: {
      runner: live,
      toResult: createLiveResults(router),
      refusal: ({ bytes }) => (bytes > limits.resultBytes ? resultTooLarge(limits.resultBytes) : undefined),
      requestOf: ({ input }) => liveInput.parse(transformer.input.deserialize(input)),
      withCachedChecks: permits.withCachedChecks,
      unknownResult: budget.unknownResult,
    },
  });
  // The order matters: subscriptions are restored before their changes are delivered, and one flush looks up the access
  // of each session once.
  hub.onFlush(restore, permits.beginFlush, subscriptions.live.onFlush, subscriptions.onFlush, permits.endFlush);
  const handovers = createReconnectPositions(subscriptions.index, permits.isStale);
  const answers = createAnswers({ ...options, frames, subscriptions, handovers, open });
  const receiver = createReceiver({
    limits,
    transformer,
    frames,
    shape,
    head: hub.head,
    restore,
    // An object that was erased has no sessions left to look at.
    isAdmitted: (connection) => options.isInitialized() && permits.isAdmitted(connection),
    authorizeDelivery,
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
    if (key !== undefined && options.isInitialized()) store.forget(key);
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
    const standing = options.permissionVersion?.(caller);
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
    acceptStream({ caller, call, opened, calledAt }: PendingStream): Response {
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
      const stored = { id: 1, path, type, input, ...subscriptionKindOf(opened, lastEventId) };
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
    announceWrite(caller: Caller): void {
      const session = sessionOf(caller);
      if (session !== undefined) subscriptions.live.announceWrite(session);
    },

    /** Ends what a session holds open. Its row must be gone before: a close alone stops no messages. */
    endSession: (sessionId: string): void => end(sessionTag(sessionId), CLOSE_SESSION_ENDED, sessionEnded),

    /** The same for all sessions of somebody who is no member any more. */
    endUser: (userId: string): void => end(userTag(userId), CLOSE_NOT_A_MEMBER, noMember),
  };
}

export type SocketServer = ReturnType<typeof createSocketServer>;
