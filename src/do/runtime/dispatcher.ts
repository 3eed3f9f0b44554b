import { isDevelopment } from "../../shared/is-development.js";
import { callTRPCProcedure, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { callerChecksOf } from "../../router/caller-check.js";
import { checkPlacement } from "../../router/check-placement.js";
import { requireOrganizationId } from "../../router/organizations/organization-id-errors.js";
import { placementOf } from "../../router/placement.js";
import { resolveNested } from "../../router/resolve-nested.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { SERVICES } from "../../router/services.js";
import { shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import { rawInputWithCursor } from "../../router/stream-cursor.js";
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
  /** Keeps a stream for the Worker that is told the ticket. */
  readonly holdStream: (stream: PendingStream) => string;
  /** The newest entry of the change log; nothing where there is none. */
  readonly head: () => Cursor | undefined;
}

interface DispatchOptions {
  readonly request: RequestContext;
  readonly call: Call;
  readonly procedure: AnyTRPCProcedure;
  readonly transport: Transport;
  /** Made for those that ask for it. */
  readonly scope: () => StreamScope;
  /**
   * Whether the query is kept live: then what it reads of its caller is noted, and it cannot reach outside.
   * @default false
   */
  readonly isLive?: boolean;
}

/** What a subscription's procedure returned, or how it failed. */
export type SubscriptionResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ErrorShape };

/**
 * The one way into an object's procedures, for HTTP, sockets and other Workers alike: is the caller's session
 * alive → build the context → run.
 */
export function createDispatcher({
  router,
  env,
  policy,
  extendContext,
  onError,
  holdStream: hold,
  head,
}: DispatcherOptions) {
  const runningCalls = createRunningCalls();

  async function find({ path }: Call): Promise<AnyTRPCProcedure> {
    const procedure = await resolveProcedure(router, path);
    if (!procedure) throw notFound(path);
    return procedure;
  }

  async function prepareCall({ request, call, procedure, transport, scope, isLive = false }: DispatchOptions) {
    const { caller } = request;
    const type = call.type ?? procedure._def.type;
    const placement = placementOf(procedure);
    if (placement.setsCookies === "always" && transport === "socket") throw httpRequired();
    const asked = isLive ? withoutRecorder(() => policy.resolveAccess?.(caller)) : policy.resolveAccess?.(caller);
    if (asked) await asked;
    if (isLive) withoutRecorder(() => policy.authorize(caller, placement));
    else policy.authorize(caller, placement);
    const services = policy.services(request);
    checkPlacement(placement, services.address, call.input);
    if (placement.kind === "organization") requireOrganizationId(call.input);
    const seen = <TObject extends object>(object: TObject): TObject => (isLive ? trackCallerReads(object) : object);
    const bindings = isLive ? denyExternalBindings(env) : env;
    const given =
      placement.kind === "anywhere" ? { caller, lastEventId: call.lastEventId } : policy.context(caller, call, scope);
    const ctx = Object.assign(seen(given), {
      env: bindings,
      [SERVICES]: isLive ? trackServiceReads(services) : services,
    });
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
        signal: transport === "rpc" || type === "subscription" ? scope().signal : undefined,
        batchIndex: call.batchIndex ?? 0,
      });
    return { type, run, procedure, ctx };
  }

  /** A live query runs as any other, and says what it reads. */
  async function prepareLiveCall(caller: Caller, call: Call) {
    const recorder = currentRecorder();
    for (const read of policy.accessReads?.(caller) ?? []) recorder?.recordRead(read);
    const procedure = await find(call);
    const scope = (): StreamScope => createStreamScope().scope;
    return prepareCall({ request: socketContext(caller), call, procedure, transport: "socket", scope, isLive: true });
  }

  async function runLive(caller: Caller, call: Call): Promise<unknown> {
    const { run } = await prepareLiveCall(caller, call);
    return resolveNested(await run());
  }

  /** What is repeated for each caller of a query that is otherwise the same for all. */
  async function checkCallers(caller: Caller, call: Call): Promise<void> {
    const { procedure, ctx } = await prepareLiveCall(caller, call);
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
        let made: ScopedCall | undefined;
        const create = (): ScopedCall => {
          const start = calledAt && call.lastEventId === undefined ? { after: calledAt } : undefined;
          const created = createStreamScope(start);
          if (requestId !== undefined) done = runningCalls.add(requestId, created);
          return created;
        };
        // Most calls tell nothing later, and do without.
        const pending = (): ScopedCall => (made ??= create());
        const { refreshCookie, accessExpiresAt } = call;
        const request = { caller, device, refreshCookie, accessExpiresAt, setSession, setDevice };
        const { type, run } = await prepareCall({ request, call, procedure, transport, scope: () => pending().scope });
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
              createScope: createStreamScope,
              // A mutation is not run again for a promise that got lost, and neither is a query.
              storeStream: (opened) =>
                hold({ caller, call: { ...call, type: "mutation" }, opened, calledAt: undefined }),
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
    async query(caller: Caller, call: Call, recorder: ReadRecorder): Promise<SubscriptionResult> {
      try {
        const result = await withRecorder(recorder, () => runLive(caller, call));
        if (isAsyncIterable(result)) throw notOverSocket("query");
        return { ok: true, result };
      } catch (cause) {
        return { ok: false, error: shape(call, cause, caller) };
      }
    },

    /** Whether a caller may have what a query of another's has found: the error if not. Never throws. */
    async check(caller: Caller, call: Call, recorder: ReadRecorder): Promise<ErrorShape | undefined> {
      try {
        await withRecorder(recorder, () => withoutCallerTracking(() => checkCallers(caller, call)));
        return undefined;
      } catch (cause) {
        return shape(call, cause, caller);
      }
    },

    /** Runs a subscription's procedure and hands over what it returned. Never throws. */
    async subscribe(caller: Caller, call: Call, scope: StreamScope): Promise<SubscriptionResult> {
      try {
        const procedure = await find(call);
        const request = socketContext(caller);
        const { run } = await prepareCall({ request, call, procedure, transport: "socket", scope: () => scope });
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
