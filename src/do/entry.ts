import { isDevelopment } from "../shared/is-development.js";
import { TRPCError, callTRPCProcedure, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { callerChecksOf } from "../router/caller-check.js";
import { checkPlace } from "../router/check-place.js";
import { demandOrganizationId } from "../router/organizations/organization-id-errors.js";
import { placementOf, type Placement } from "../router/placement.js";
import { resolveNested } from "../router/resolve-nested.js";
import { resolveProcedure } from "../router/resolve-procedure.js";
import { ROOM, type Room } from "../router/room.js";
import { shapeError, type OnError } from "../router/run-call.js";
import { rawInputWithCursor } from "../router/stream-cursor.js";
import type { Call, ErrorShape, Reply, SessionEffect } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import { formatCursor, type Cursor } from "../shared/cursor.js";
import type { Device } from "../shared/device.js";
import { forwardCause } from "./forward-cause.js";
import { withoutOutside } from "./live/outside.js";
import { personal, personalRoom } from "./live/personal.js";
import { notFound, notOverSocket, useHttp } from "./entry-errors.js";
import { packReply } from "./pack-reply.js";
import { createRunningCalls } from "./running-calls.js";
import { deferNested } from "./sockets/defer-nested.js";
import type { HeldStream } from "./sockets/held-streams.js";
import { createPendingCall, isAsyncIterable, type LiveCall, type PendingCall } from "./sockets/open-result.js";
import {
  checkingCaller,
  currentRecorder,
  recording,
  unrecorded,
  type Read,
  type ReadRecorder,
} from "./storage/read-recorder.js";

/** What an object of one kind adds to the way every call takes. */
export interface Owned {
  /**
   * Finds out elsewhere whether a caller may act here, where this object does not know it; `undefined` where it does.
   * @throws TRPCError
   */
  admit?(caller: Caller): Promise<void> | undefined;
  /**
   * Refuses a caller that may not act in this object now.
   * @throws TRPCError
   */
  authorize(caller: Caller, placement: Placement): void;
  /** What the procedures of this object find on their context, beside the caller and the bindings. */
  context(caller: Caller, call: Call, live: () => LiveCall): object;
  room(visit: Visit): Room;
  /**
   * What decides whether a caller may act here: their live queries are run again when it changes.
   * @default nothing that is written down here
   */
  watched?(caller: Caller): readonly Read[];
}

/** Who comes in with a call, from where, and how to send cookies back. */
export interface Visit extends Pick<Call, "refreshCookie" | "accessExpiresAt"> {
  readonly caller: Caller;
  /** Nothing is known of it on a socket, or behind another Worker. */
  readonly device: Device;
  /** Asks the Worker to set (or, with `null`, clear) the session's cookies on the reply. */
  readonly setSession: (effect: SessionEffect) => void;
  /** Asks the Worker to set the browser's device cookie on the reply. */
  readonly setDevice: (deviceToken: string) => void;
}

export interface EntryOptions {
  readonly router: AnyTRPCRouter;
  readonly env: object;
  readonly owned: Owned;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
  readonly onError: OnError;
  /** Keeps a stream for the Worker that is told the ticket. */
  readonly hold: (stream: HeldStream) => string;
  /** The newest entry of the change log; nothing where there is none. */
  readonly head: () => Cursor | undefined;
}

interface Entering {
  readonly visit: Visit;
  readonly call: Call;
  readonly procedure: AnyTRPCProcedure;
  readonly transport: Transport;
  /** Made for those that ask for it. */
  readonly live: () => LiveCall;
  /**
   * Whether the query is kept live: then what it reads of its caller is noted, and it cannot reach outside.
   * @default false
   */
  readonly isLive?: boolean;
}

/** What a subscription's procedure returned, or how it failed. */
export type Subscribed =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ErrorShape };

/**
 * The one way into an object's procedures, for HTTP, sockets and other Workers alike: is the caller's session
 * alive → build the context → run.
 */
export function createEntry({ router, env, owned, extendContext, onError, hold, head }: EntryOptions) {
  const runningCalls = createRunningCalls();

  async function find({ path }: Call): Promise<AnyTRPCProcedure> {
    const procedure = await resolveProcedure(router, path);
    if (!procedure) throw notFound(path);
    return procedure;
  }

  async function enter({ visit, call, procedure, transport, live, isLive = false }: Entering) {
    const { caller } = visit;
    const type = call.type ?? procedure._def.type;
    const placement = placementOf(procedure);
    if (placement.setsCookies === "always" && transport === "socket") throw useHttp();
    const asked = isLive ? unrecorded(() => owned.admit?.(caller)) : owned.admit?.(caller);
    if (asked) await asked;
    if (isLive) unrecorded(() => owned.authorize(caller, placement));
    else owned.authorize(caller, placement);
    const room = owned.room(visit);
    checkPlace(placement, room.address, call.input);
    if (placement.kind === "organization") demandOrganizationId(call.input);
    const seen = <TObject extends object>(object: TObject): TObject => (isLive ? personal(object) : object);
    const bindings = isLive ? withoutOutside(env) : env;
    const given =
      placement.kind === "anywhere" ? { caller, lastEventId: call.lastEventId } : owned.context(caller, call, live);
    const ctx = Object.assign(seen(given), { env: bindings, [ROOM]: isLive ? personalRoom(room) : room });
    if (extendContext) {
      const added = await extendContext(seen({ caller, env: bindings, lastEventId: call.lastEventId }));
      // What the app adds may have getters too.
      Object.defineProperties(ctx, Object.getOwnPropertyDescriptors(added));
    }
    const getRawInput =
      type === "subscription"
        ? rawInputWithCursor(call.input, call.lastEventId)
        : (): Promise<unknown> => Promise.resolve(call.input);
    const run = (): Promise<unknown> =>
      callTRPCProcedure({
        router,
        path: call.path,
        type,
        getRawInput,
        ctx,
        // A socket's query or mutation is never called off, and a signal has its price.
        signal: transport === "rpc" || type === "subscription" ? live().signal : undefined,
        batchIndex: call.batchIndex ?? 0,
      });
    return { type, run, procedure, ctx };
  }

  /** A live query runs as any other, and says what it reads. */
  async function enterLive(caller: Caller, call: Call) {
    const recorder = currentRecorder();
    for (const read of owned.watched?.(caller) ?? []) recorder?.read(read);
    const procedure = await find(call);
    const live = (): LiveCall => createPendingCall().live;
    return enter({ visit: unseen(caller), call, procedure, transport: "socket", live, isLive: true });
  }

  async function runLive(caller: Caller, call: Call): Promise<unknown> {
    const { run } = await enterLive(caller, call);
    return resolveNested(await run());
  }

  /** What is repeated for each caller of a query that is otherwise the same for all. */
  async function checkCallers(caller: Caller, call: Call): Promise<void> {
    const { procedure, ctx } = await enterLive(caller, call);
    for (const check of callerChecksOf(procedure)) await check(ctx);
  }

  const shape = (call: Call, cause: unknown, caller?: Caller): ErrorShape =>
    shapeError({
      router,
      call,
      ctx: caller && { caller, env },
      cause,
      onError,
      isDevelopment: isDevelopment(env),
    });

  return {
    shape,

    /**
     * Runs a call. What goes on telling is held, and the reply has the ticket for it. Never throws.
     */
    async run(
      caller: Caller,
      call: Call,
      transport: Transport,
      { device = {}, requestId }: RunOptions = {},
    ): Promise<Reply> {
      let done = (): void => {};
      let effect: { session?: SessionEffect } = {};
      let deviceEffect: { deviceToken?: string } = {};
      const setSession = (session: SessionEffect): void => void (effect = { session });
      const setDevice = (deviceToken: string): void => void (deviceEffect = { deviceToken });
      try {
        const procedure = await find(call);
        const calledAt = procedure._def.type === "subscription" ? head() : undefined;
        let made: PendingCall | undefined;
        const create = (): PendingCall => {
          const start = calledAt && call.lastEventId === undefined ? { after: calledAt } : undefined;
          const created = createPendingCall(start);
          if (requestId !== undefined) done = runningCalls.add(requestId, created);
          return created;
        };
        // Most calls tell nothing later, and do without.
        const pending = (): PendingCall => (made ??= create());
        const { refreshCookie, accessExpiresAt } = call;
        const visit = { caller, device, refreshCookie, accessExpiresAt, setSession, setDevice };
        const { type, run } = await enter({ visit, call, procedure, transport, live: () => pending().live });
        const result = await run();
        if (type === "subscription" || isAsyncIterable(result)) {
          if (transport === "socket") throw notOverSocket(type);
          const opened = pending().opened(result, call.path);
          const stream = hold({ caller, call: { ...call, type }, opened, calledAt });
          // Not for a generator of the app's own: its ids are the app's, if it has any.
          const startsAt = opened.kind === "source" && calledAt ? formatCursor(calledAt) : undefined;
          return { ok: true, data: undefined, stream, ...(call.lastEventId === undefined && { startsAt }) };
        }
        const { data, later } = call.streams
          ? deferNested(result, {
              pending: createPendingCall,
              // A mutation is not run again for a promise that got lost, and neither is a query.
              hold: (opened) => hold({ caller, call: { ...call, type: "mutation" }, opened, calledAt: undefined }),
              path: call.path,
            })
          : { data: result };
        return { ...(await packReply(data, transport)), ...(later && { later }), ...effect, ...deviceEffect };
      } catch (cause) {
        if (cause instanceof SessionEnded) effect = { session: null };
        return { ok: false, error: shape(call, cause, caller), ...effect, ...forwardCause(caller, cause) };
      } finally {
        done();
      }
    },

    /** Aborts the signals of a request's calls, because its client has left. */
    leave: runningCalls.leave,

    /** Runs a query that is kept live, and tells the recorder what it depends on. Never throws. */
    async query(caller: Caller, call: Call, recorder: ReadRecorder): Promise<Subscribed> {
      try {
        const result = await recording(recorder, () => runLive(caller, call));
        if (isAsyncIterable(result)) throw notOverSocket("query");
        return { ok: true, result };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller) };
      }
    },

    /** Whether a caller may have what a query of another's has found: the error if not. Never throws. */
    async check(caller: Caller, call: Call, recorder: ReadRecorder): Promise<ErrorShape | undefined> {
      try {
        await recording(recorder, () => checkingCaller(() => checkCallers(caller, call)));
        return undefined;
      } catch (cause) {
        return shape(call, cause, caller);
      }
    },

    /** Runs a subscription's procedure and hands over what it returned. Never throws. */
    async subscribe(caller: Caller, call: Call, live: LiveCall): Promise<Subscribed> {
      try {
        const procedure = await find(call);
        const visit = unseen(caller);
        const { run } = await enter({ visit, call, procedure, transport: "socket", live: () => live });
        return { ok: true, result: await run() };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller) };
      }
    },
  };
}

/** What is known of a call over HTTP. */
export interface RunOptions {
  /** Where it came from. */
  readonly device?: Device | undefined;
  /** The id of its request, in case its client leaves. */
  readonly requestId?: string | undefined;
}

/** How a call came in: values cross RPC as they are, and sockets cannot set cookies. */
export type Transport = "rpc" | "socket";

/** The caller's session is over: its cookies are to be cleared with the refusal. */
export class SessionEnded extends TRPCError {
  constructor(message = "The session is over. Sign in again.") {
    super({ code: "UNAUTHORIZED", message });
  }
}

/** Of who comes in by a socket nothing more is known, and no cookie reaches them. */
function unseen(caller: Caller): Visit {
  return { caller, device: {}, setSession() {}, setDevice() {} };
}
