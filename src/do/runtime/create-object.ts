import { verifySocketPass } from "../../jwt/socket-pass.js";
import type { User } from "../../shared/account.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { ObjectStub, OnReply } from "../../shared/object-stub.js";
import { parseName, toName, type ObjectAddress } from "../../shared/owner.js";
import { SOCKET_PASS_HEADER, STREAM_TICKET_HEADER } from "../../shared/socket-request.js";
import { createAlarms } from "../lifecycle/alarms.js";
import type { App } from "../objects/app.js";
import { identifyApp, type AppIdentity } from "../lifecycle/identity.js";
import { createEmailObject } from "../objects/email/email-object.js";
import { createDispatcher } from "./dispatcher.js";
import type { InternalRequest, WireReply } from "../../shared/internal.js";
import { toWireReply } from "../../shared/send-internal.js";
import type { ObjectHandler, ObjectEnvironment } from "../objects/object-handler.js";
import type { SocketCapability } from "../sockets/socket-capability.js";
import { createOrganizationObject } from "../objects/organization/organization-object.js";
import { createPendingStreams } from "../sockets/pending-streams.js";
import { createTurns } from "../scheduling/create-turns.js";
import { memberKey } from "../scheduling/member-key.js";
import { createMemberCalls, type MemberCalls } from "../sockets/member-calls.js";
import { memberQuota } from "../connections/socket-errors.js";
import { createSocketServer, type SocketServer } from "../sockets/socket-server.js";
import { becomeNewestInstance } from "../lifecycle/newest-instance.js";
import { startOrRefuse } from "./start-or-refuse.js";
import { createUserObject } from "../objects/user/user-object.js";
import { SessionEnded } from "../lifecycle/caller-errors.js";

const kinds: Record<ObjectAddress["type"], (environment: ObjectEnvironment) => ObjectHandler> = {
  user: createUserObject,
  organization: createOrganizationObject,
  email: createEmailObject,
};

/** One Durable Object of the app, behind the few methods that the platform and its siblings call. */
export function createObject(state: DurableObjectState, env: Cloudflare.Env, app: App) {
  const address = addressOf(state);
  const alarms = createAlarms({ storage: state.storage, onError: app.onError });
  let identity: AppIdentity | undefined;
  let socketServer: SocketServer | undefined;
  becomeNewestInstance(state, () => socketServer?.retire());

  const unchecked = kinds[address.type]({
    state,
    app,
    address,
    env,
    alarms,
    identity: () => (identity ??= identifyApp(state.id, env)),
    endSession: (sessionId) => socketServer?.endSession(sessionId),
    endMember: (userId) => socketServer?.endUser(userId),
  });
  const handler = startOrRefuse(unchecked, { alarms, onError: app.onError });
  const { router, definition, onError } = app;
  const { extendContext } = definition;
  const streams = createPendingStreams();
  const head = (): Cursor | undefined => (handler.sockets?.isInitialized() ? handler.sockets.hub().head() : undefined);
  const dispatcher = createDispatcher({
    router,
    env,
    policy: handler,
    extendContext,
    onError,
    holdStream: streams.add,
    head,
  });

  const { sockets: socketCapability } = handler;
  const memberCalls = socketCapability?.isShared ? createMemberCalls(app.socketLimits.callsPerMember) : undefined;
  const turns = createTurns({ block: (work) => state.blockConcurrencyWhile(work) });
  const openSockets = (): SocketServer | undefined => {
    if (socketServer || !socketCapability) return socketServer;
    const { run, subscribe, shape, query, check } = dispatcher;
    socketServer = createSocketServer({
      ...socketCapability,
      state,
      router,
      hub: socketCapability.hub(),
      limits: app.socketLimits,
      subscribe,
      shape,
      // What only reads has nothing for others.
      run: (caller, call) => {
        const work = (): Promise<Reply> => run(caller, call, "socket");
        return call.type === "mutation" ? flushOutboxAfter(withWriteCursor(caller, call, work)) : work();
      },
      live: { query, check, shape, rows: socketCapability.rows },
      memberCalls,
      turns,
    });
    return socketServer;
  };

  /** What others have to know of a call reaches them at its end. */
  async function flushOutboxAfter<TResult>(work: Promise<TResult>): Promise<TResult> {
    const result = await work;
    const flushed = handler.flushOutbox?.();
    if (flushed) await flushed;
    return result;
  }

  /** Runs a call; if it wrote, the reply says how far, and the sockets of its session when they show it. */
  async function withWriteCursor(caller: Caller, call: Call, work: () => Promise<Reply>): Promise<Reply> {
    const hub = socketServer && socketCapability?.hub();
    if (!hub || call.type !== "mutation") return work();
    const before = hub.head();
    const reply = await work();
    handler.flushWrites?.();
    const after = hub.head();
    if (!reply.ok || formatCursor(after) === formatCursor(before)) return reply;
    socketServer?.announceWrite(caller);
    return { ...reply, cursor: formatCursor(after) };
  }

  /** Runs calls of a member of an organization, unless too many of the member are under way. */
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

  /** Takes a Worker's socket over for a stream that it was told the ticket of. */
  function openStream(ticket: string): Response {
    const stream = streams.take(ticket);
    const server = stream && openSockets();
    return server ? server.acceptStream(stream) : new Response(null, { status: 404 });
  }

  // Sockets that are still there say that the object only slept: then what is due is known to the alarm. A reset or
  // a deploy ends them.
  if (state.getWebSockets().length > 0) openSockets();
  else alarms.restore();

  return {
    tables: () => handler.tables?.() ?? {},
    kv: () => handler.kv?.(),
    db: () => handler.db?.(),
    setUserFields(patch: Readonly<Record<string, unknown>>): User {
      if (handler.setUserFields) return handler.setUserFields(patch);
      throw new Error(
        "This object is not a user's, so it has no user fields. Call setUserFields through getUserDO(env.BINDING, { userId }).",
      );
    },
    deadLetters: () => handler.deadLetters?.() ?? [],

    trpc(...[caller, calls, device, requestId, onReply]: Parameters<ObjectStub["trpc"]>): Promise<Reply[]> {
      const runCall = (call: Call): Promise<Reply> =>
        withWriteCursor(caller, call, () => dispatcher.run(caller, call, "rpc", { device, requestId }));
      // Nobody shares the object of one user, so its calls need no turns.
      const run = (call: Call): Promise<Reply> =>
        socketCapability?.isShared ? turns.run(memberKey(caller), 1, () => runCall(call)) : runCall(call);
      const runAll = (): Promise<Reply[]> =>
        onReply
          ? replyToEach(calls, (call) => flushOutboxAfter(run(call)), onReply)
          : flushOutboxAfter(Promise.all(calls.map(run)));
      return memberCalls && caller.type === "user" ? withinMemberQuota(memberCalls, caller, calls, runAll) : runAll();
    },

    internal: async (request: InternalRequest): Promise<WireReply> => {
      if (request.op === "leave") return dispatcher.leave(request.requestId);
      const reply = await handler.internal?.(request);
      const flushed = handler.flushOutbox?.();
      // A letter's sender need not wait for the letters that come of it.
      if (flushed && request.op !== "deliver") await flushed;
      return toWireReply(request, reply);
    },

    /** Takes a socket over. The Worker has found out who opens it, and vouches for that. */
    async fetch(request: Request): Promise<Response> {
      const ticket = request.headers.get(STREAM_TICKET_HEADER);
      if (ticket !== null) return openStream(ticket);
      const token = request.headers.get(SOCKET_PASS_HEADER);
      const { secrets, binding } = (identity ??= identifyApp(state.id, env));
      const options = { secrets: secrets.jwt, audience: binding };
      const pass = token === null ? undefined : await verifySocketPass(token, toName(address), options);
      if (!pass || !socketCapability) return new Response(null, { status: 404 });
      const status = await upgradeStatus(socketCapability, pass.caller);
      if (status !== 101) return new Response(null, { status });
      socketCapability.onUpgrade?.(pass.caller);
      return openSockets()?.accept(pass.caller, pass.expiresAt) ?? new Response(null, { status: 404 });
    },

    alarm: alarms.onAlarm,
    async onMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
      await openSockets()?.onMessage(socket, frame);
    },
    /** Resolves when the messages that came before the close are handled. */
    async onClose(socket: WebSocket): Promise<void> {
      await openSockets()?.onClose(socket);
    },
  };
}

/** Passes each reply on as soon as there is one. Returns those that remain: none. */
async function replyToEach(
  calls: readonly Call[],
  run: (call: Call) => Promise<Reply>,
  onReply: OnReply,
): Promise<Reply[]> {
  const answer = async (call: Call, index: number): Promise<void> => {
    const reply = await run(call);
    // The Worker's request may have ended meanwhile. The calls beside this one go on.
    await Promise.resolve(onReply(index, reply)).catch(() => {});
  };
  await Promise.all(calls.map(answer));
  return [];
}

/** What an upgrade is answered with, before the socket is looked at. */
async function upgradeStatus(
  { access: admission, resolveAccess: admit }: SocketCapability,
  caller: Caller,
): Promise<number> {
  try {
    await admit?.(caller);
  } catch (cause) {
    return cause instanceof SessionEnded ? 401 : 503;
  }
  const access = admission(caller);
  if (access === "granted") return 101;
  return access === "forbidden" ? 403 : 401;
}

export type AppObject = ReturnType<typeof createObject>;

function addressOf(state: DurableObjectState): ObjectAddress {
  const address = parseName(state.id.name);
  if (address) return address;
  const what = state.id.name === undefined ? "was not reached by its name" : "has a name that is nobody's";
  throw new Error(`This object ${what}. Reach it with getUserDO(env.BINDING, { userId }), by the id of a user.`);
}
