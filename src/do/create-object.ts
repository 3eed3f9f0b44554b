import { verifySocketPass } from "../jwt/socket-pass.js";
import type { User } from "../shared/account.js";
import type { Call, Reply } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import { formatCursor, type Cursor } from "../shared/cursor.js";
import type { ObjectStub, OnReply } from "../shared/object-stub.js";
import { parseName, toName, type Address } from "../shared/owner.js";
import { SOCKET_PASS_HEADER, STREAM_TICKET_HEADER } from "../shared/socket-request.js";
import { createAlarms } from "./alarms.js";
import type { App } from "./app.js";
import { identifyApp, type AppIdentity } from "./app-identity.js";
import { createEmailObject } from "./email-object.js";
import { createEntry, SessionEnded } from "./entry.js";
import type { InternalRequest } from "../shared/internal.js";
import type { KindOfObject, LiveObject, ObjectEnvironment } from "./kind-of-object.js";
import { createOrganizationObject } from "./organization-object.js";
import { createHeldStreams } from "./sockets/held-streams.js";
import { createTurns } from "./scheduling/create-turns.js";
import { memberKey } from "./scheduling/member-key.js";
import { createMemberCalls, type MemberCalls } from "./sockets/member-calls.js";
import { memberQuota } from "./sockets/socket-errors.js";
import { createSocketServer, type SocketServer } from "./sockets/socket-server.js";
import { becomeNewestInstance } from "./newest-instance.js";
import { upToDate } from "./up-to-date.js";
import { createUserObject } from "./user-object.js";

const kinds: Record<Address["type"], (environment: ObjectEnvironment) => KindOfObject> = {
  user: createUserObject,
  organization: createOrganizationObject,
  email: createEmailObject,
};

/** One Durable Object of the app, behind the few methods that the platform and its siblings call. */
export function createObject(state: DurableObjectState, env: Cloudflare.Env, app: App) {
  const address = addressOf(state);
  const alarms = createAlarms({ storage: state.storage, onError: app.onError });
  let identity: AppIdentity | undefined;
  let sockets: SocketServer | undefined;
  becomeNewestInstance(state, () => sockets?.retire());

  const made = kinds[address.type]({
    state,
    app,
    address,
    env,
    alarms,
    identity: () => (identity ??= identifyApp(state.id, env)),
    endSession: (sessionId) => sockets?.endSession(sessionId),
    endMember: (userId) => sockets?.endUser(userId),
  });
  const kind = upToDate(made, app.onError);
  const { router, definition, onError } = app;
  const { extendContext } = definition;
  const streams = createHeldStreams();
  const head = (): Cursor | undefined => (kind.live?.isBorn() ? kind.live.hub().head() : undefined);
  const entry = createEntry({ router, env, owned: kind, extendContext, onError, hold: streams.hold, head });

  const { live } = kind;
  const memberCalls = live?.isShared ? createMemberCalls(app.socketLimits.callsPerMember) : undefined;
  const turns = createTurns({ block: (work) => state.blockConcurrencyWhile(work) });
  const openSockets = (): SocketServer | undefined => {
    if (sockets || !live) return sockets;
    const { run, subscribe, shape, query, check } = entry;
    sockets = createSocketServer({
      ...live,
      state,
      router,
      hub: live.hub(),
      limits: app.socketLimits,
      subscribe,
      shape,
      // What only reads has nothing for others.
      run: (caller, call) => {
        const work = (): Promise<Reply> => run(caller, call, "socket");
        return call.type === "mutation" ? reached(shown(caller, call, work)) : work();
      },
      live: { query, check, shape, rows: live.rows },
      memberCalls,
      turns,
    });
    return sockets;
  };

  /** What others have to know of a call reaches them at its end. */
  async function reached<TResult>(work: Promise<TResult>): Promise<TResult> {
    const result = await work;
    const told = kind.reach?.();
    if (told) await told;
    return result;
  }

  /** Runs a call; if it wrote, the reply says how far, and the sockets of its session when they show it. */
  async function shown(caller: Caller, call: Call, work: () => Promise<Reply>): Promise<Reply> {
    const hub = sockets && live?.hub();
    if (!hub || call.type !== "mutation") return work();
    const before = hub.head();
    const reply = await work();
    kind.settle?.();
    const after = hub.head();
    if (!reply.ok || formatCursor(after) === formatCursor(before)) return reply;
    sockets?.mark(caller);
    return { ...reply, cursor: formatCursor(after) };
  }

  /** Runs calls of a member of an organization, unless too many of the member are under way. */
  async function counted(
    { begin, end }: MemberCalls,
    caller: Caller,
    calls: readonly Call[],
    run: () => Promise<Reply[]>,
  ): Promise<Reply[]> {
    const member = memberKey(caller);
    if (!begin(member, calls.length)) {
      const cause = memberQuota("calls", app.socketLimits.callsPerMember);
      return calls.map((call) => ({ ok: false, error: entry.shape(call, cause, caller) }));
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
    tables: () => kind.tables?.() ?? {},
    kv: () => kind.kv?.(),
    db: () => kind.db?.(),
    setUserFields(patch: Readonly<Record<string, unknown>>): User {
      if (kind.setUserFields) return kind.setUserFields(patch);
      throw new Error(
        "This object is not a user's, so it has no user fields. Call setUserFields through getUserDO(env.BINDING, { userId }).",
      );
    },
    deadLetters: () => kind.deadLetters?.() ?? [],

    trpc(...[caller, calls, device, requestId, onReply]: Parameters<ObjectStub["trpc"]>): Promise<Reply[]> {
      const runCall = (call: Call): Promise<Reply> =>
        shown(caller, call, () => entry.run(caller, call, "rpc", { device, requestId }));
      // Nobody shares the object of one user, so its calls need no turns.
      const run = (call: Call): Promise<Reply> =>
        live?.isShared ? turns.run(memberKey(caller), 1, () => runCall(call)) : runCall(call);
      const runAll = (): Promise<Reply[]> =>
        onReply ? replyToEach(calls, (call) => reached(run(call)), onReply) : reached(Promise.all(calls.map(run)));
      return memberCalls && caller.type === "user" ? counted(memberCalls, caller, calls, runAll) : runAll();
    },

    internal: async (request: InternalRequest): Promise<unknown> => {
      if (request.op === "leave") return entry.leave(request.requestId);
      const answer = await kind.internal?.(request);
      const told = kind.reach?.();
      // A letter's sender need not wait for the letters that come of it.
      if (told && request.op !== "deliver") await told;
      return answer;
    },

    /** Takes a socket over. The Worker has found out who opens it, and vouches for that. */
    async fetch(request: Request): Promise<Response> {
      const ticket = request.headers.get(STREAM_TICKET_HEADER);
      if (ticket !== null) return openStream(ticket);
      const token = request.headers.get(SOCKET_PASS_HEADER);
      const { secrets, binding } = (identity ??= identifyApp(state.id, env));
      const options = { secrets: secrets.jwt, audience: binding };
      const pass = token === null ? undefined : await verifySocketPass(token, toName(address), options);
      if (!pass || !live) return new Response(null, { status: 404 });
      const status = await upgradeStatus(live, pass.caller);
      if (status !== 101) return new Response(null, { status });
      live.onUpgrade?.(pass.caller);
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
async function upgradeStatus({ admission, admit }: LiveObject, caller: Caller): Promise<number> {
  try {
    await admit?.(caller);
  } catch (cause) {
    return cause instanceof SessionEnded ? 401 : 503;
  }
  const admitted = admission(caller);
  if (admitted === "alive") return 101;
  return admitted === "forbidden" ? 403 : 401;
}

export type AppObject = ReturnType<typeof createObject>;

function addressOf(state: DurableObjectState): Address {
  const address = parseName(state.id.name);
  if (address) return address;
  const what = state.id.name === undefined ? "was not reached by its name" : "has a name that is nobody's";
  throw new Error(`This object ${what}. Reach it with getUserDO(env.BINDING, { userId }), by the id of a user.`);
}
