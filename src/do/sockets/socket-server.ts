import type { Call } from "../../shared/call.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import { randomId } from "../../shared/random-id.js";
import { createLiveResults } from "../live/live-result.js";
import { liveInput } from "../../router/live/live-procedure.js";
import { createMessageHandler } from "./handle-message.js";
import { ATTACHMENT_VERSION, closeIfNewer, readAttachment, type Attachment } from "../connections/attachment.js";
import { createConnection, type Connection } from "../connections/connection.js";
import { lazy } from "../lifecycle/lazy.js";
import { createFrames } from "../connections/frames.js";
import { createReconnectPositions } from "./reconnect-positions.js";
import type { PendingStream } from "./pending-streams.js";
import { createMemoryBudget } from "../connections/memory-budget.js";
import { createPongDeadlines } from "../connections/pong-deadlines.js";
import { createConnectionAccess, NEVER_EXPIRES } from "./connection-access.js";
import { createStreamScope, subscriptionKindOf, type Start } from "./stream-scope.js";
import { cannotResume, resultTooLarge, tooManySockets } from "../connections/socket-errors.js";
import { createReceiver } from "./receive-frame.js";
import { createSubscriptions, type Reopen, type Subscriptions } from "./subscriptions.js";
import { createSubscriptionStore } from "./subscription-store.js";
import { exceededSocketLimit, sessionTag, userTag } from "../connections/socket-tags.js";
import { wakeNumber, wakeTag } from "./wake-tags.js";
import { createSocketEndings } from "./socket-endings.js";
import { createSleepingSockets } from "./sleeping-sockets.js";
import type { SocketServerOptions } from "./socket-capability.js";

/**
 * Speaks tRPC's WebSocket protocol on hibernating sockets. State that must survive hibernation is stored in their attachments.
 *
 * @see https://trpc.io/docs/server/websockets
 */
export function createSocketServer(options: SocketServerOptions) {
  const { state, router, hub, limits, subscribe, shape, live, resumeFlag, presence } = options;
  const { transformer } = router._def._config;
  const frames = createFrames(router);
  const store = createSubscriptionStore(state.storage.sql);
  const connections = new Map<WebSocket, Connection>();
  const deadlines = createPongDeadlines(store);
  const budget = createMemoryBudget(limits.memoryBytes, { isShared: options.isShared ?? false });

  /** Runs a subscription's procedure and opens its result. */
  async function open(caller: Caller, call: Call, start: Start | undefined, isResumed = false) {
    const scoped = createStreamScope(start, isResumed);
    const result = await subscribe(caller, call, scoped.scope);
    if (!result.ok) return result;
    try {
      return { ok: true, opened: scoped.opened(result.result, call.path) } as const;
    } catch (cause) {
      return { ok: false, error: shape(call, cause) } as const;
    }
  }

  const reopen: Reopen = async (connection, { path, type, input, kind, cursor }, start) => {
    // A mutation must not take effect twice.
    if (type === "mutation") return { ok: false, error: shape({ type, path, input: undefined }, cannotResume()) };
    const call: Call = {
      type: type ?? "subscription",
      path,
      input: input === undefined ? undefined : transformer.input.deserialize(input),
      lastEventId: kind === "tracked" ? cursor : undefined,
    };
    return open(connection.caller, call, start, true);
  };

  const connectionAccess = createConnectionAccess({
    ...options,
    frames,
    reconnectPositions: () => reconnectPositions,
    onGranted: (connection) => subscriptions().resume(connection),
    waitUntil: (work) => state.waitUntil(work),
  });
  const { authorizeDelivery, whenResolved } = connectionAccess;
  const connectionOf = (socket: WebSocket, attachment?: Attachment): Connection =>
    connections.get(socket) ?? connect(socket, attachment);
  const sleepingSockets = createSleepingSockets({
    state,
    store,
    isInitialized: options.isInitialized,
    rows: live.rows,
    connectionOf,
    subscriptions: () => subscriptions(),
  });

  // Most calls that wake the object do not need its subscriptions.
  const subscriptions: () => Subscriptions = lazy(() =>
    createSubscriptions({
      hub,
      frames,
      store,
      wakeIndex: sleepingSockets,
      reopen,
      authorizeDelivery,
      authorizeAssumingOpen: connectionAccess.authorizeAssumingOpen,
      whenResolved,
      shape: (path, cause) => shape({ type: "subscription", path, input: undefined }, cause),
      waitUntil: (work) => state.waitUntil(work),
      onGenerator: () => resumeFlag.set(),
      live: {
        runner: live,
        toResult: createLiveResults(router),
        refusal: (bytes) => (bytes > limits.resultBytes ? resultTooLarge(limits.resultBytes) : undefined),
        callOf(stored) {
          const { path, input } = liveInput.parse(transformer.input.deserialize(stored.input));
          return { type: "query", path, input };
        },
        withCachedChecks: connectionAccess.withCachedChecks,
        reservations: { unknownBytes: budget.unknownResult, largeFrom: budget.largeFrom },
        cacheMemory: budget.cache,
      },
    }),
  );
  // The order matters: subscriptions are restored before their changes are delivered, and one flush looks up the access
  // of each session once.
  hub.onFlush(
    sleepingSockets.restoreFor,
    connectionAccess.beginFlush,
    (flush) => (flush.isTransient ? undefined : subscriptions().live.onFlush(flush)),
    (flush) => subscriptions().onFlush(flush),
    connectionAccess.endFlush,
  );
  const reconnectPositions = createReconnectPositions(() => subscriptions().index, connectionAccess.isStale);
  const messageHandler = createMessageHandler({ ...options, frames, subscriptions, reconnectPositions, open });
  const receiver = createReceiver({
    limits,
    transformer,
    frames,
    shape,
    head: hub.head,
    restore: sleepingSockets.restoreAll,
    // A deleted object has no sessions to check.
    checkConnection: (connection) => options.isInitialized() && connectionAccess.checkConnection(connection),
    authorizeDelivery,
    onUse: options.onUse,
    budget,
    turns: options.turns,
    memberCalls: options.memberCalls,
    handle: messageHandler.handle,
    refuseAll: messageHandler.refuseAll,
  });

  function connect(socket: WebSocket, attachment?: Attachment): Connection {
    const connection: Connection = createConnection({
      socket,
      attachment,
      deadlines,
      limits,
      budget,
      onPing: () => resumeFlag.set(),
      onReady: () => subscriptions().resume(connection),
      onTooSlow() {
        receiver.drop(socket);
        void leave(socket);
      },
      onSend: () => options.onUse?.(connection.caller),
    });
    connections.set(socket, connection);
    return connection;
  }

  const departed = new WeakSet<WebSocket>();

  /** Deletes the stored state of a closed socket. Resolves when its waiting messages are handled; `undefined` if none wait. */
  function leave(socket: WebSocket): Promise<void> | undefined {
    const connection = connections.get(socket);
    const attachment = readAttachment(socket);
    const key = attachment?.key;
    sleepingSockets.skip(socket);
    // A socket that reads too slowly leaves before it is closed, and its client may be back by then.
    if (attachment && !departed.has(socket)) presence?.onClose(socket, attachment);
    departed.add(socket);
    // A deleted object no longer has the table.
    if (key !== undefined && options.isInitialized()) store.delete(key);
    if (!connection) return undefined;
    reconnectPositions.leave(connection, hub.head());
    subscriptions().removeAll(connection);
    connection.end();
    connections.delete(socket);
    return receiver.leave(connection);
  }

  let pruned = false;
  /** Deletes rows of sockets that no longer exist. A reset or a deploy closes sockets without an event. Runs once per start. */
  function prune(): void {
    if (pruned) return;
    pruned = true;
    store.prune(state.getWebSockets().flatMap((socket) => readAttachment(socket)?.key ?? []));
  }

  if (resumeFlag.isSet()) {
    // Cleared first, so that work which this event starts sets the flag again.
    resumeFlag.clear();
    // Deferred until after the event that woke the object: the constructor must not run procedures.
    const restored = scheduler.wait(0).then(sleepingSockets.restoreAll);
    state.waitUntil(restored.then(() => subscriptions().resumeGenerators()));
  }

  function accept(caller: Caller, expiresAt: number, present?: Attachment["presence"]) {
    const { 0: client, 1: server } = new WebSocketPair();
    const session = sessionOf(caller);
    // The platform answers pings, so that a ping does not wake the object.
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("PING", "PONG"));
    const key = randomId();
    const tags = [wakeTag(wakeNumber(key))];
    if (caller.type === "user") tags.push(userTag(caller.userId));
    if (session !== undefined) tags.push(sessionTag(session));
    state.acceptWebSocket(server, tags);
    server.serializeAttachment({
      version: ATTACHMENT_VERSION,
      key,
      caller,
      lapses: expiresAt,
      standing: options.permissionVersion?.(caller),
      subscriptions: "[]",
      hasLive: false,
      ...(present && { presence: present }),
    } satisfies Attachment);
    sleepingSockets.skip(server);
    sleepingSockets.restoreAll();
    prune();
    return { connection: connectionOf(server), client };
  }

  return {
    /** Accepts a socket of a caller that the Worker has authenticated. */
    accept(caller: Caller, expiresAt: number): Response {
      const exceeded = exceededSocketLimit(state, caller, limits, options.isShared);
      if (exceeded) return tooManySockets(exceeded);
      const { client } = accept(caller, expiresAt, presence?.onOpen(caller));
      return new Response(null, { status: 101, webSocket: client });
    },

    /** Accepts a socket of a Worker, and sends the stream of the Worker's ticket on it. */
    acceptStream({ caller, call, opened, calledAt }: PendingStream): Response {
      const exceeded = exceededSocketLimit(state, caller, limits, options.isShared);
      if (exceeded) {
        if (opened.kind === "iterable") opened.controller.abort();
        return tooManySockets(exceeded);
      }
      // The stream ends with the caller's session. It does not expire with an access token, because the Worker has none.
      const accepted = accept(caller, NEVER_EXPIRES);
      const { path, lastEventId } = call;
      const type = call.type === "subscription" ? undefined : call.type;
      // A mutation never runs again, so its input, which may be as large as a request, is not stored.
      const storesInput = call.input !== undefined && type !== "mutation";
      const input: unknown = storesInput ? transformer.input.serialize(call.input) : undefined;
      const stored = { id: 1, path, type, input, ...subscriptionKindOf(opened, lastEventId) };
      subscriptions().add(accepted.connection, stored, opened, lastEventId ?? calledAt ?? hub.head());
      return new Response(null, { status: 101, webSocket: accepted.client });
    },

    /** Returns `undefined` if the message was handled at once. */
    onMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> | undefined {
      const connection = connections.get(socket);
      const attachment = connection ? undefined : readAttachment(socket);
      if (!connection && !attachment && closeIfNewer(socket)) return undefined;
      if (socket.readyState !== WebSocket.OPEN) return undefined;
      return receiver.receive(connection ?? connect(socket, attachment), frame);
    },

    onClose: leave,

    /**
     * Leaves the sockets to a newer instance of the object, which restores their subscriptions from the attachments. Running calls
     * still get their replies.
     */
    retire(): void {
      sleepingSockets.stop();
      for (const connection of connections.values()) {
        subscriptions().removeAll(connection);
        connection.end();
      }
    },

    /** Sends an acknowledgement to the sockets of the caller's session once their live queries include the caller's writes. */
    announceWrite(caller: Caller): void {
      const session = sessionOf(caller);
      if (session === undefined) return;
      sleepingSockets.acknowledge(session);
      subscriptions().live.announceWrite(session);
    },

    ...createSocketEndings({
      state,
      store,
      presence,
      release(socket) {
        const connection = connectionOf(socket);
        receiver.drop(socket);
        sleepingSockets.skip(socket);
        subscriptions().removeAll(connection);
        connection.end();
      },
    }),

    setPresence: store.setPresence,
  };
}

export type SocketServer = ReturnType<typeof createSocketServer>;
