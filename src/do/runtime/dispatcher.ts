import { isDevelopment } from "../../shared/is-development.js";
import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { checkPlacement } from "../../router/check-placement.js";
import type { LiveRequest } from "../../router/live/live-request.js";
import { servicesOf } from "../../router/services.js";
import { isReplyConfidential, placementOf } from "../../router/placement.js";
import { isRepeatable } from "../../router/repeatable.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import type { Call, ErrorShape, Reply, SessionEffect } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { Device } from "../../shared/device.js";
import { socketContext } from "../lifecycle/request-context.js";
import type { KeyedCalls, KeyedMutation } from "../idempotency/keyed-calls.js";
import type { ObjectPolicy } from "../objects/object-policy.js";
import { forwardCause } from "./forward-cause.js";
import { notFound, notOverSocket } from "./dispatch-errors.js";
import { createLiveCalls } from "./live-calls.js";
import { packReply, type Transport } from "./pack-reply.js";
import { authorizeRepeat, createCallPreparer, type PreparedCall, type TransactionCallbacks } from "./prepare-call.js";
import { createRunningCalls } from "./running-calls.js";
import { deferNested } from "../sockets/defer-nested.js";
import type { PendingStream } from "../sockets/pending-streams.js";
import { createStreamScope, isAsyncIterable, type StreamScope, type ScopedCall } from "../sockets/stream-scope.js";
import { withoutCallerTracking, withRecorder, type ReadRecorder } from "../tables/reads/read-recorder.js";
import { AccountSuspended, SessionEnded } from "../lifecycle/caller-errors.js";

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
  /** Runs mutations with idempotency keys; `undefined` in an object that does not store keys. */
  readonly keyedCalls: KeyedCalls | undefined;
  /** Returns the function that returns the cursor of the writes since; `undefined` if replies have no cursor. */
  readonly trackWrites: KeyedMutation["trackWrites"];
}

/** The effects of a reply on the cookies of a browser. */
interface Effects {
  session?: SessionEffect;
  deviceToken?: string;
}

/** An authorized call that runs, and what its reply needs. */
interface RunningCall {
  readonly prepared: PreparedCall;
  readonly getScoped: () => ScopedCall;
  readonly calledAt: Cursor | undefined;
  readonly effects: Effects;
}

/** A call that failed, and what its reply needs. */
interface FailedCall {
  readonly caller: Caller;
  readonly effects: Effects;
  readonly requestId: string | undefined;
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
  keyedCalls,
  trackWrites,
}: DispatcherOptions) {
  const runningCalls = createRunningCalls();
  const { prepare, run: runPrepared } = createCallPreparer({ router, env, policy, extendContext });

  /** Returns a promise only if a lazy router must be loaded first. */
  function findProcedure({ path }: Call): AnyTRPCProcedure | Promise<AnyTRPCProcedure> {
    const found = resolveProcedure(router, path);
    return found instanceof Promise ? found.then((loaded) => existing(loaded, path)) : existing(found, path);
  }

  const { runLive, checkCallers } = createLiveCalls({ policy, findProcedure, prepare, run: runPrepared });

  const shape = (call: Call, cause: unknown, caller?: Caller, requestId?: string): ErrorShape =>
    shapeError({
      router,
      call,
      ctx: caller && { caller, env },
      cause,
      onError,
      isDevelopment: isDevelopment(env),
      requestId,
    });

  /** Runs an authorized call, and packs its result. */
  async function runToReply(
    { prepared, getScoped, calledAt, effects }: RunningCall,
    callbacks?: TransactionCallbacks,
  ): Promise<Reply> {
    const { options, type } = prepared;
    const { call, transport } = options;
    const { caller } = options.request;
    const result = await runPrepared(prepared, callbacks);
    if (type === "subscription" || isAsyncIterable(result)) {
      if (transport === "socket") throw notOverSocket(type);
      const opened = getScoped().opened(result, call.path);
      if (opened.kind === "live") await checkLivePlacement(prepared, opened.request);
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
  }

  /** Rejects a live query of another owner before its stream is opened, so that a server-side caller can send it there. */
  async function checkLivePlacement({ ctx }: PreparedCall, { path, input }: LiveRequest): Promise<void> {
    const query = await resolveProcedure(router, path);
    const address = servicesOf(ctx)?.address;
    if (query && address) checkPlacement(placementOf(query), address, input, { isSent: true });
  }

  /** Returns the stored reply to a mutation that ended the caller's access, so that a repeat of it is not authorized. */
  async function findEarlierReply(caller: Caller, call: Call, transport: Transport): Promise<Reply | undefined> {
    const { path, input, idempotencyKey } = call;
    const procedure = await resolveProcedure(router, path);
    if (idempotencyKey === undefined || !procedure || !placementOf(procedure).endsAccess) return undefined;
    return keyedCalls?.find(caller, { path, input, idempotencyKey }, wantsTextOf(call, transport));
  }

  function failed(call: Call, cause: unknown, { caller, effects, requestId }: FailedCall): Reply {
    if (cause instanceof SessionEnded || cause instanceof AccountSuspended) effects.session = null;
    return { ok: false, error: shape(call, cause, caller, requestId), ...effects, ...forwardCause(caller, cause) };
  }

  return {
    shape,

    /**
     * Runs a call. If it returns a stream, the stream is stored and the reply has its ticket. Never throws.
     */
    async run(
      caller: Caller,
      call: Call,
      transport: Transport,
      { device = {}, leaveId, isTraced }: RunOptions = {},
    ): Promise<Reply> {
      let done = (): void => {};
      const effects: Effects = {};
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
          if (leaveId !== undefined) done = runningCalls.add(leaveId, created);
          return created;
        };
        // Created on demand, because most calls return no stream.
        const getScoped = (): ScopedCall => (scoped ??= create());
        const { refreshCookie, accessExpiresAt, signUpRequest, socketKey } = call;
        const request = {
          caller,
          device,
          refreshCookie,
          accessExpiresAt,
          signUpRequest,
          socketKey,
          setSession,
          setDevice,
        };
        const scope = (): StreamScope => getScoped().scope;
        const preparing = prepare({ request, call, procedure, transport, scope, isTraced });
        const prepared = preparing instanceof Promise ? await preparing : preparing;
        const running = { prepared, getScoped, calledAt, effects };
        const keyed = keyedCalls && keyOf(prepared);
        if (!keyed) return await runToReply(running);
        return await keyedCalls.run({
          caller,
          call: keyed,
          wantsText: wantsTextOf(call, transport),
          isRepeatable: isRepeatable(procedure),
          authorizeRepeat: () => authorizeRepeat(prepared),
          trackWrites,
          run: (callbacks) =>
            runToReply(running, callbacks).catch((cause: unknown) =>
              failed(call, cause, { caller, effects, requestId: device.requestId }),
            ),
          isInterrupted: () => scoped?.scope.signal.aborted === true,
        });
      } catch (cause) {
        const earlier = call.idempotencyKey === undefined ? undefined : await findEarlierReply(caller, call, transport);
        return earlier ?? failed(call, cause, { caller, effects, requestId: device.requestId });
      } finally {
        done();
      }
    },

    /** Aborts the signals of a request's calls, because its client has disconnected. */
    leave: runningCalls.leave,

    /** Runs a live query, and records what it depends on. Never throws. */
    async query(caller: Caller, call: Call, recorder: ReadRecorder, requestId?: string): Promise<SubscriptionResult> {
      try {
        const result = await withRecorder(recorder, () => runLive(caller, call));
        if (isAsyncIterable(result)) throw notOverSocket("query");
        return { ok: true, result };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller, requestId) };
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
    async subscribe(caller: Caller, call: Call, scope: StreamScope, requestId?: string): Promise<SubscriptionResult> {
      try {
        const procedure = await findProcedure(call);
        const request = socketContext(caller, call.socketKey);
        const prepared = await prepare({ request, call, procedure, transport: "socket", scope: () => scope });
        return { ok: true, result: await runPrepared(prepared) };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller, requestId) };
      }
    },
  };
}

/** Whether the reply is written into a frame or a response as it is. */
const wantsTextOf = ({ wantsText }: Call, transport: Transport): boolean =>
  transport === "socket" || wantsText === true;

/** Returns a mutation that has an idempotency key, unless its reply is confidential and therefore not stored. */
function keyOf({ options, type }: PreparedCall): KeyedMutation["call"] | undefined {
  const { call, procedure } = options;
  const { path, input, idempotencyKey } = call;
  if (idempotencyKey === undefined || type !== "mutation") return undefined;
  return isReplyConfidential(placementOf(procedure)) ? undefined : { path, input, idempotencyKey };
}

/** @throws TRPCError NOT_FOUND if there is no procedure at a path */
function existing(procedure: AnyTRPCProcedure | undefined, path: string): AnyTRPCProcedure {
  if (procedure) return procedure;
  throw notFound(path);
}

/** The origin of a call over HTTP. */
export interface RunOptions {
  /** The device that sent it, and the id of its request. */
  readonly device?: Device | undefined;
  /** With this id the Worker reports that the client has disconnected. Other clients cannot guess it. */
  readonly leaveId?: string | undefined;
  /**
   * Whether the procedure gets a span of its own.
   * @default false
   */
  readonly isTraced?: boolean | undefined;
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
