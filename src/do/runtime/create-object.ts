import { verifySocketPass } from "../../jwt/socket-pass.js";
import type { User } from "../../shared/account.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import { formatReplyCursor } from "../../shared/reply-cursor.js";
import type { ObjectStub, OnReply } from "../../shared/object-stub.js";
import { toName, type ObjectAddress } from "../../shared/owner.js";
import { SOCKET_PASS_HEADER, STREAM_TICKET_HEADER } from "../../shared/socket-request.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { createAlarms } from "../lifecycle/alarms.js";
import type { App } from "../objects/app.js";
import { identifyApp, type AppIdentity } from "../lifecycle/identity.js";
import { addressOf } from "../lifecycle/object-address.js";
import { createAppObject } from "../objects/app/app-object.js";
import { createDirectoryObject } from "../objects/directory/directory-object.js";
import { createEmailObject } from "../objects/email/email-object.js";
import { createDispatcher } from "./dispatcher.js";
import { readCounters } from "./object-counters.js";
import { internalWork, observeDispatcher } from "./observe-dispatcher.js";
import type { InternalRequest, WireReply } from "../../shared/internal.js";
import { toWireReply } from "../../shared/send-internal.js";
import type { ObjectHandler, ObjectEnvironment } from "../objects/object-handler.js";
import { createOrganizationObject } from "../objects/organization/organization-object.js";
import { createPendingStreams } from "../sockets/pending-streams.js";
import { createTurns } from "../scheduling/create-turns.js";
import { memberKey } from "../scheduling/member-key.js";
import { createMemberCalls, type MemberCalls } from "../sockets/member-calls.js";
import { memberQuota } from "../connections/socket-errors.js";
import { createResumeFlag } from "../sockets/resume-flag.js";
import { createSocketServer, type SocketServer } from "../sockets/socket-server.js";
import { becomeNewestInstance } from "../lifecycle/newest-instance.js";
import { createObserver } from "../signals/observer.js";
import { countRows } from "../signals/row-counts.js";
import { connectScheduledRuns } from "./scheduled-runs.js";
import { refuseDuringRestore } from "./refuse-during-restore.js";
import { startOrRefuse } from "./start-or-refuse.js";
import { createUserObject } from "../objects/user/user-object.js";
import { upgradeRefusal } from "./upgrade-refusal.js";

const handlers: Record<ObjectAddress["type"], (environment: ObjectEnvironment) => ObjectHandler> = {
  user: createUserObject,
  organization: createOrganizationObject,
  app: createAppObject,
  email: createEmailObject,
  directory: createDirectoryObject,
};

/** Creates the implementation of one Durable Object, for the methods that the platform, Workers and other objects call. */
export function createObject(state: DurableObjectState, env: Cloudflare.Env, app: App) {
  const { router, definition, onError, onCall } = app;
  const { appJurisdiction } = definition;
  const address = addressOf(state.id, { env, appJurisdiction });
  const observer = createObserver({ address, env, onCall });
  const alarms = createAlarms({ storage: state.storage, onError, observer });
  let identity: AppIdentity | undefined;
  const getIdentity = (): AppIdentity => (identity ??= identifyApp(state, { env, appJurisdiction }));
  let socketServer: SocketServer | undefined;
  // If sockets were open when the object woke, their server is created once a call needs it. Most calls only read.
  let hasSockets = state.getWebSockets().length > 0;
  const activeSocketServer = (): SocketServer | undefined => (hasSockets ? openSockets() : socketServer);
  becomeNewestInstance(state, () => {
    hasSockets = false;
    socketServer?.retire();
  });

  const unchecked = handlers[address.type]({
    state,
    app,
    address,
    env,
    alarms,
    observer,
    identity: getIdentity,
    endSession: (sessionId) => activeSocketServer()?.endSession(sessionId),
    suspendUser: (userId) => activeSocketServer()?.suspendUser(userId),
    endMember: (userId) => activeSocketServer()?.endUser(userId),
    setPresence: (socket, presence) => activeSocketServer()?.setPresence(socket, presence),
  });
  const handler = refuseDuringRestore(startOrRefuse(unchecked, { alarms, onError }));
  if (onCall) countRows(state.storage.sql);
  const { extendContext } = definition;
  const streams = createPendingStreams();
  const head = (): Cursor | undefined => (handler.sockets?.isInitialized() ? handler.sockets.hub().head() : undefined);
  const unobserved = createDispatcher({
    router,
    env,
    policy: handler,
    extendContext,
    onError,
    storeStream: streams.add,
    head,
    keyedCalls: handler.keyedCalls,
    trackWrites,
  });
  const dispatcher = observer ? observeDispatcher(unobserved, observer, router) : unobserved;
  connectScheduledRuns({ handler, dispatcher: unobserved, observer, withWriteCursor });

  const { sockets: socketCapability } = handler;
  const memberCalls = socketCapability?.isShared ? createMemberCalls(app.socketLimits.callsPerMember) : undefined;
  const turns = createTurns({ block: (work) => state.blockConcurrencyWhile(work) });
  const resumeFlag = createResumeFlag(state.storage);
  const openSockets = (): SocketServer | undefined => {
    if (socketServer || !socketCapability) return socketServer;
    const { run, subscribe, shape, query, check } = dispatcher;
    socketServer = createSocketServer({
      ...socketCapability,
      state,
      router,
      hub: socketCapability.hub(),
      resumeFlag,
      limits: app.socketLimits,
      subscribe,
      shape,
      // Only mutations post messages to the outbox.
      run: (caller, call) =>
        call.type === "mutation"
          ? flushOutboxAfter(withWriteCursor(caller, () => run(caller, call, "socket")))
          : run(caller, call, "socket"),
      live: { query, check, shape, rows: socketCapability.rows },
      memberCalls,
      turns,
    });
    return socketServer;
  };

  /** Delivers new messages of the outbox before the reply, for a limited time. */
  async function flushOutboxAfter<TResult>(work: Promise<TResult>): Promise<TResult> {
    const result = await work;
    const flushed = handler.flushOutbox?.();
    if (flushed) await flushed;
    return result;
  }

  /** Runs the calls of a request. Most have one call, for which `Promise.all` is slow. */
  async function replyToAll(calls: readonly Call[], run: (call: Call) => Promise<Reply>): Promise<Reply[]> {
    const [first] = calls;
    if (!first || calls.length > 1) return flushOutboxAfter(Promise.all(calls.map(run)));
    const reply = await run(first);
    const flushed = handler.flushOutbox?.();
    if (flushed) await flushed;
    return [reply];
  }

  /**
   * The hub of the cursors in replies, if clients can use them: if there are sockets. A client without a working socket knows
   * that a mutation wrote to the log of the app only by the cursor.
   */
  function replyHub(): ChangeHub | undefined {
    const sendsCursor = activeSocketServer() ?? (address.type === "app" && socketCapability?.isInitialized());
    return sendsCursor ? socketCapability?.hub() : undefined;
  }

  /**
   * Runs a mutation. If it wrote, the reply has the cursor of its last write, and the sockets of its session are notified when they
   * have received the write.
   */
  async function withWriteCursor(caller: Caller, work: () => Promise<Reply>): Promise<Reply> {
    const hub = replyHub();
    if (!hub) return work();
    const before = hub.head();
    const reply = await work();
    handler.flushWrites?.();
    const after = hub.head();
    if (!reply.ok) return reply;
    // Replies with an idempotency key are stored with their cursor, also with none. Another call may have written meanwhile.
    const isKeyed = "cursor" in reply;
    const cursor = isKeyed ? reply.cursor : formatReplyCursor(address, after);
    if (cursor === undefined || (!isKeyed && formatCursor(after) === formatCursor(before))) return reply;
    activeSocketServer()?.announceWrite(caller);
    return isKeyed ? reply : { ...reply, cursor };
  }

  /** Returns the function that returns the cursor of the writes since, also before they are committed. */
  function trackWrites(): (() => string | undefined) | undefined {
    const hub = replyHub();
    if (!hub) return undefined;
    const before = hub.head();
    return () => {
      const after = hub.readHead();
      return formatCursor(after) === formatCursor(before) ? undefined : formatReplyCursor(address, after);
    };
  }

  /** Runs calls of an organization's member, unless too many calls of the member are running. */
  async function withinMemberQuota(
    { begin, end }: MemberCalls,
    caller: Caller,
    calls: readonly Call[],
    run: () => Promise<Reply[]>,
  ): Promise<Reply[]> {
    const member = memberKey(caller);
    if (!begin(member, calls.length)) {
      const cause = memberQuota("calls", app.socketLimits.callsPerMember);
      return calls.map((call) => ({ ok: false, error: dispatcher.shape(call, cause, caller) }));
    }
    try {
      return await run();
    } finally {
      end(member, calls.length);
    }
  }

  /** Accepts the Worker's socket for a stream whose ticket it received. */
  function openStream(ticket: string): Response {
    const stream = streams.take(ticket);
    const server = stream && openSockets();
    return server ? server.acceptStream(stream) : new Response(null, { status: 404 });
  }

  // Open sockets show that the object hibernated, so its alarm is set. A reset or a deployment closes all sockets.
  if (!hasSockets) alarms.restore();
  else if (resumeFlag.isSet()) openSockets();
  else socketCapability?.beforeNextWrite(() => void (socketCapability.isInitialized() && activeSocketServer()));

  return {
    tables: () => handler.tables?.() ?? {},
    kv: () => handler.kv?.(),
    events: () => handler.events?.(),
    db: () => handler.db?.(),
    setUserFields(patch: Readonly<Record<string, unknown>>): User {
      if (handler.setUserFields) return handler.setUserFields(patch);
      throw new Error(
        "This object is not a user's, so it has no user fields. Call setUserFields through getUserDO(env.BINDING, { userId }).",
      );
    },
    schedule: () => handler.schedule?.(),
    deadLetters: () => handler.deadLetters?.() ?? [],
    counters: () => readCounters(state, handler),

    trpc: ((caller, calls, device, leaveId, onReply) => {
      const options = { device, leaveId };
      const runCall = (call: Call): Promise<Reply> =>
        call.type === "mutation"
          ? withWriteCursor(caller, () => dispatcher.run(caller, call, "rpc", options))
          : dispatcher.run(caller, call, "rpc", options);
      // Only the members of an organization and the users of the app share an object and take turns.
      const run = (call: Call): Promise<Reply> =>
        socketCapability?.isShared ? turns.run(memberKey(caller), 1, () => runCall(call)) : runCall(call);
      const runAll = (): Promise<Reply[]> =>
        onReply ? replyToEach(calls, (call) => flushOutboxAfter(run(call)), onReply) : replyToAll(calls, run);
      return memberCalls && caller.type === "user" ? withinMemberQuota(memberCalls, caller, calls, runAll) : runAll();
    }) satisfies ObjectStub["trpc"],

    internal: async (request: InternalRequest): Promise<WireReply> => {
      if (request.op === "leave") return dispatcher.leave(request.requestId);
      const handle = () => handler.internal?.(request);
      const reply = await (observer ? observer.observe(internalWork(request), handle) : handle());
      const flushed = handler.flushOutbox?.();
      // The sender of a message does not wait for the messages that it causes.
      if (flushed && request.op !== "deliver") await flushed;
      return toWireReply(request, reply);
    },

    /** Accepts a socket. The Worker has authenticated the caller, and signed a pass for it. */
    async fetch(request: Request): Promise<Response> {
      const ticket = request.headers.get(STREAM_TICKET_HEADER);
      if (ticket !== null) return openStream(ticket);
      const token = request.headers.get(SOCKET_PASS_HEADER);
      const { secrets, binding } = getIdentity();
      const options = { secrets: secrets.jwt, audience: binding };
      const pass = token === null ? undefined : await verifySocketPass(token, toName(address), options);
      if (!pass || !socketCapability) return new Response(null, { status: 404 });
      const refusal = await upgradeRefusal(socketCapability, pass.caller);
      if (refusal) return refusal;
      socketCapability.onUpgrade?.(pass.caller);
      return openSockets()?.accept(pass.caller, pass.expiresAt) ?? new Response(null, { status: 404 });
    },

    alarm: alarms.onAlarm,
    onMessage: (socket: WebSocket, frame: string | ArrayBuffer): Promise<void> | undefined =>
      openSockets()?.onMessage(socket, frame),
    /** Resolves after the messages that arrived before the close were handled. */
    async onClose(socket: WebSocket): Promise<void> {
      await openSockets()?.onClose(socket);
    },
  };
}

/** Passes each reply to `onReply` as soon as the call has finished. Returns no replies, as `ObjectStub.trpc` requires. */
async function replyToEach(
  calls: readonly Call[],
  run: (call: Call) => Promise<Reply>,
  onReply: OnReply,
): Promise<Reply[]> {
  const runAndReply = async (call: Call, index: number): Promise<void> => {
    const reply = await run(call);
    // The Worker's request may have ended in the meantime. The other calls continue.
    await Promise.resolve(onReply(index, reply)).catch(() => {});
  };
  await Promise.all(calls.map(runAndReply));
  return [];
}

export type AppObject = ReturnType<typeof createObject>;
