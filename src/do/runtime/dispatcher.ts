import { isDevelopment } from "../../shared/is-development.js";
import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { callerChecksOf } from "../../router/caller-check.js";
import { checkPlacement } from "../../router/check-placement.js";
import { requireOrganizationId } from "../../router/organizations/organization-id-errors.js";
import { placementOf } from "../../router/placement.js";
import { resolveNested } from "../../router/resolve-nested.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { SERVICES, type ObjectServices } from "../../router/services.js";
import { runProcedure } from "../../router/run-procedure.js";
import { shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import type { Call, ErrorShape, Reply, SessionEffect } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { Device } from "../../shared/device.js";
import { socketContext, type RequestContext } from "../lifecycle/request-context.js";
import type { ObjectPolicy } from "../objects/object-policy.js";
import { forwardCause } from "./forward-cause.js";
import { denyExternalBindings } from "../live/live-sandbox.js";
import { trackCallerReads, trackServiceReads } from "../live/track-caller-reads.js";
import { notFound, notOverSocket, httpRequired } from "./dispatch-errors.js";
import { packReply, type Transport } from "./pack-reply.js";
import { createRunningCalls } from "./running-calls.js";
import { deferNested } from "../sockets/defer-nested.js";
import type { PendingStream } from "../sockets/pending-streams.js";
import { createStreamScope, isAsyncIterable, type StreamScope, type ScopedCall } from "../sockets/stream-scope.js";
import {
  withoutCallerTracking,
  currentRecorder,
  withRecorder,
  withoutRecorder,
  type ReadRecorder,
} from "../tables/reads/read-recorder.js";
import { SessionEnded } from "../lifecycle/caller-errors.js";

export interface DispatcherOptions {
  readonly router: AnyTRPCRouter;
  readonly env: object;
  readonly policy: ObjectPolicy;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
  readonly onError: OnError;
  /** Stores a stream for the Worker, and returns the ticket with which the Worker opens it. */
  readonly storeStream: (stream: PendingStream) => string;
  /** Returns the newest cursor of the change log; `undefined` if the object has none. */
  readonly head: () => Cursor | undefined;
}

/** The context of a call, which the dispatcher completes. */
interface CallContext {
  env?: object;
  [SERVICES]?: ObjectServices;
}

interface DispatchOptions {
  readonly request: RequestContext;
  readonly call: Call;
  readonly procedure: AnyTRPCProcedure;
  readonly transport: Transport;
  /** Creates the scope of a stream. Most calls do not need one. */
  readonly scope: () => StreamScope;
  /**
   * Whether the query is live. Its reads of the caller are then recorded, and it cannot use external bindings.
   * @default false
   */
  readonly isLive?: boolean;
}

/** A call whose caller is authorized. */
interface PreparedCall {
  readonly options: DispatchOptions;
  readonly type: NonNullable<Call["type"]>;
  readonly ctx: CallContext;
}

/** The value that a subscription or live query returned, or its error. */
export type SubscriptionResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ErrorShape };

/**
 * Creates the dispatcher, which runs all calls of procedures in an object, from HTTP, sockets and other Workers. It authorizes
 * the caller, builds the context and runs the procedure.
 */
export function createDispatcher({
  router,
  env,
  policy,
  extendContext,
  onError,
  storeStream,
  head,
}: DispatcherOptions) {
  const runningCalls = createRunningCalls();

  /** Returns a promise only if a lazy router must be loaded first. */
  function findProcedure({ path }: Call): AnyTRPCProcedure | Promise<AnyTRPCProcedure> {
    const found = resolveProcedure(router, path);
    return found instanceof Promise ? found.then((loaded) => existing(loaded, path)) : existing(found, path);
  }

  /** Authorizes a call and builds its context. Returns a promise only if something must be awaited: most calls await nothing. */
  function prepareCall(options: DispatchOptions): PreparedCall | Promise<PreparedCall> {
    const { procedure, transport, request, isLive = false } = options;
    const { caller } = request;
    if (placementOf(procedure).setsCookies === "always" && transport === "socket") throw httpRequired();
    const resolving = isLive ? withoutRecorder(() => policy.resolveAccess?.(caller)) : policy.resolveAccess?.(caller);
    return resolving ? resolving.then(() => prepareAuthorized(options)) : prepareAuthorized(options);
  }

  function prepareAuthorized(options: DispatchOptions): PreparedCall | Promise<PreparedCall> {
    const { request, call, procedure, scope, isLive = false } = options;
    const { caller } = request;
    const placement = placementOf(procedure);
    if (isLive) withoutRecorder(() => policy.authorize(caller, placement));
    else policy.authorize(caller, placement);
    const services = policy.services(request);
    checkPlacement(placement, services.address, call.input);
    if (placement.kind === "organization") requireOrganizationId(call.input);
    const { lastEventId } = call;
    const base = placement.kind === "anywhere" ? { caller, lastEventId } : policy.context(caller, call, scope);
    const ctx: CallContext = isLive ? trackCallerReads(base) : base;
    ctx.env = isLive ? denyExternalBindings(env) : env;
    ctx[SERVICES] = isLive ? trackServiceReads(services) : services;
    const prepared = { options, type: call.type ?? procedure._def.type, ctx };
    return extendContext ? extend(prepared, extendContext) : prepared;
  }

  /** Adds the app's own additions to the context of a call. */
  async function extend(
    prepared: PreparedCall,
    additionsOf: NonNullable<DispatcherOptions["extendContext"]>,
  ): Promise<PreparedCall> {
    const { options, ctx } = prepared;
    const { request, call, isLive = false } = options;
    const shared = { caller: request.caller, env: ctx.env, lastEventId: call.lastEventId };
    const added = await additionsOf(isLive ? trackCallerReads(shared) : shared);
    // Copies descriptors, because the additions of the app can have getters.
    Object.defineProperties(ctx, Object.getOwnPropertyDescriptors(added));
    return prepared;
  }

  function runPrepared({ options, type, ctx }: PreparedCall): Promise<unknown> {
    const { procedure, call, transport, scope } = options;
    // Queries and mutations of a socket cannot be aborted, and creating a signal costs time.
    const signal = transport === "rpc" || type === "subscription" ? scope().signal : undefined;
    return runProcedure({ router, procedure, call, type, ctx, signal });
  }

  /** Prepares a live query, and records the reads that the access of its caller depends on. */
  async function prepareLiveCall(caller: Caller, call: Call) {
    const recorder = currentRecorder();
    for (const read of policy.accessReads?.(caller) ?? []) recorder?.recordRead(read);
    const procedure = await findProcedure(call);
    const scope = (): StreamScope => createStreamScope().scope;
    return prepareCall({ request: socketContext(caller), call, procedure, transport: "socket", scope, isLive: true });
  }

  async function runLive(caller: Caller, call: Call): Promise<unknown> {
    const prepared = await prepareLiveCall(caller, call);
    return resolveNested(await runPrepared(prepared));
  }

  /** Repeats the checks that depend on the caller, for a query whose result callers share. */
  async function checkCallers(caller: Caller, call: Call): Promise<void> {
    const { options, ctx } = await prepareLiveCall(caller, call);
    for (const check of callerChecksOf(options.procedure)) await check(ctx);
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
     * Runs a call. If it returns a stream, the stream is stored and the reply has its ticket. Never throws.
     */
    async run(
      caller: Caller,
      call: Call,
      transport: Transport,
      { device = {}, requestId }: RunOptions = {},
    ): Promise<Reply> {
      let done = (): void => {};
      const effects: { session?: SessionEffect; deviceToken?: string } = {};
      const setSession = (session: SessionEffect): void => void (effects.session = session);
      const setDevice = (deviceToken: string): void => void (effects.deviceToken = deviceToken);
      try {
        const found = findProcedure(call);
        const procedure = found instanceof Promise ? await found : found;
        const calledAt = procedure._def.type === "subscription" ? head() : undefined;
        let scoped: ScopedCall | undefined;
        const create = (): ScopedCall => {
          const start = calledAt && call.lastEventId === undefined ? { after: calledAt } : undefined;
          const created = createStreamScope(start);
          if (requestId !== undefined) done = runningCalls.add(requestId, created);
          return created;
        };
        // Created on demand, because most calls return no stream.
        const getScoped = (): ScopedCall => (scoped ??= create());
        const { refreshCookie, accessExpiresAt } = call;
        const request = { caller, device, refreshCookie, accessExpiresAt, setSession, setDevice };
        const preparing = prepareCall({ request, call, procedure, transport, scope: () => getScoped().scope });
        const prepared = preparing instanceof Promise ? await preparing : preparing;
        const { type } = prepared;
        const result = await runPrepared(prepared);
        if (type === "subscription" || isAsyncIterable(result)) {
          if (transport === "socket") throw notOverSocket(type);
          const opened = getScoped().opened(result, call.path);
          const stream = storeStream({ caller, call: { ...call, type }, opened, calledAt });
          // Only for a change source: a generator of the app chooses its event ids itself.
          const startsAt = opened.kind === "source" && calledAt ? formatCursor(calledAt) : undefined;
          return { ok: true, data: undefined, stream, ...(call.lastEventId === undefined && { startsAt }) };
        }
        if (call.streams) {
          const { data, later } = deferNested(result, {
            createScope: createStreamScope,
            // Marked as a mutation, so that it is not run again if the promise is lost.
            storeStream: (opened) =>
              storeStream({ caller, call: { ...call, type: "mutation" }, opened, calledAt: undefined }),
            path: call.path,
          });
          const reply = await packReply(data, transport, call.wantsText);
          return { ...reply, ...(later && { later }), ...effects };
        }
        const packed = packReply(result, transport, call.wantsText);
        return Object.assign(packed instanceof Promise ? await packed : packed, effects);
      } catch (cause) {
        if (cause instanceof SessionEnded) effects.session = null;
        return { ok: false, error: shape(call, cause, caller), ...effects, ...forwardCause(caller, cause) };
      } finally {
        done();
      }
    },

    /** Aborts the signals of a request's calls, because its client has disconnected. */
    leave: runningCalls.leave,

    /** Runs a live query, and records what it depends on. Never throws. */
    async query(caller: Caller, call: Call, recorder: ReadRecorder): Promise<SubscriptionResult> {
      try {
        const result = await withRecorder(recorder, () => runLive(caller, call));
        if (isAsyncIterable(result)) throw notOverSocket("query");
        return { ok: true, result };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller) };
      }
    },

    /** Checks that a caller may receive the result of another caller's query. Returns the error if not. Never throws. */
    async check(caller: Caller, call: Call, recorder: ReadRecorder): Promise<ErrorShape | undefined> {
      try {
        await withRecorder(recorder, () => withoutCallerTracking(() => checkCallers(caller, call)));
        return undefined;
      } catch (cause) {
        return shape(call, cause, caller);
      }
    },

    /** Runs the procedure of a subscription, and returns its result. Never throws. */
    async subscribe(caller: Caller, call: Call, scope: StreamScope): Promise<SubscriptionResult> {
      try {
        const procedure = await findProcedure(call);
        const request = socketContext(caller);
        const prepared = await prepareCall({ request, call, procedure, transport: "socket", scope: () => scope });
        return { ok: true, result: await runPrepared(prepared) };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller) };
      }
    },
  };
}

/** @throws TRPCError NOT_FOUND if there is no procedure at a path */
function existing(procedure: AnyTRPCProcedure | undefined, path: string): AnyTRPCProcedure {
  if (procedure) return procedure;
  throw notFound(path);
}

/** The origin of a call over HTTP. */
export interface RunOptions {
  /** The device that sent it. */
  readonly device?: Device | undefined;
  /** The id of its request, with which the Worker reports that the client has disconnected. */
  readonly requestId?: string | undefined;
}
