import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { callerChecksOf } from "../../router/caller-check.js";
import { checkPlacement } from "../../router/check-placement.js";
import { requireOrganizationId } from "../../router/organizations/organization-id-errors.js";
import { placementOf } from "../../router/placement.js";
import { runProcedure } from "../../router/run-procedure.js";
import { SERVICES, type ObjectServices } from "../../router/services.js";
import type { Call } from "../../shared/call.js";
import { toName } from "../../shared/owner.js";
import { inSpan } from "../../shared/tracing.js";
import { callIdOf, handedOnKey } from "../idempotency/call-id.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import { runSynchronously } from "../lifecycle/transaction.js";
import { denyExternalBindings } from "../live/live-sandbox.js";
import { trackCallerReads, trackServiceReads } from "../live/track-caller-reads.js";
import type { ObjectPolicy } from "../objects/object-policy.js";
import type { StreamScope } from "../sockets/stream-scope.js";
import { withoutRecorder } from "../tables/reads/read-recorder.js";
import { httpRequired } from "./dispatch-errors.js";
import type { Transport } from "./pack-reply.js";

export interface CallPreparerOptions {
  readonly router: AnyTRPCRouter;
  readonly env: object;
  readonly policy: ObjectPolicy;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
}

/** The context of a call, which {@link createCallPreparer} completes. */
interface CallContext {
  env?: object;
  commit?: <TResult>(work: () => TResult) => TResult;
  [SERVICES]?: ObjectServices;
}

export interface CallOptions {
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
  /**
   * Whether the procedure gets a span of its own.
   * @default false
   */
  readonly isTraced?: boolean | undefined;
}

/** A call whose caller is authorized. */
export interface PreparedCall {
  readonly options: CallOptions;
  readonly type: NonNullable<Call["type"]>;
  readonly ctx: CallContext;
}

/** Callbacks in the transactions of a mutation. */
export interface TransactionCallbacks {
  readonly onResolved: (result: unknown, isUnparsed?: boolean) => void;
  onCommit(): void;
}

/** Creates the functions that authorize calls, build their contexts and run their procedures. */
export function createCallPreparer({ router, env, policy, extendContext }: CallPreparerOptions) {
  /** Authorizes a call and builds its context. Returns a promise only if something must be awaited: most calls await nothing. */
  function prepare(options: CallOptions): PreparedCall | Promise<PreparedCall> {
    const { procedure, transport, request, isLive = false } = options;
    const { caller } = request;
    if (placementOf(procedure).setsCookies === "always" && transport === "socket") throw httpRequired();
    const resolving = isLive ? withoutRecorder(() => policy.resolveAccess?.(caller)) : policy.resolveAccess?.(caller);
    return resolving ? resolving.then(() => prepareAuthorized(options)) : prepareAuthorized(options);
  }

  function prepareAuthorized(options: CallOptions): PreparedCall | Promise<PreparedCall> {
    const { request, call, procedure, scope, isLive = false } = options;
    const { caller } = request;
    const placement = placementOf(procedure);
    if (isLive) withoutRecorder(() => policy.authorize(caller, placement));
    else policy.authorize(caller, placement);
    const services = policy.services(request);
    checkPlacement(placement, services.address, call.input, { isSent: true });
    if (placement.kind === "organization") requireOrganizationId(call.input);
    const { lastEventId } = call;
    const base = placement.kind === "anywhere" ? { caller, lastEventId } : policy.context(caller, call, scope);
    const ctx: CallContext = isLive ? trackCallerReads(base) : base;
    ctx.env = isLive ? denyExternalBindings(env) : env;
    ctx[SERVICES] = isLive ? trackServiceReads(services) : services;
    const type = call.type ?? procedure._def.type;
    if (placement.kind !== "anywhere") ctx.commit = commitOf(services);
    const prepared = { options, type, ctx };
    return extendContext ? extend(prepared, extendContext) : prepared;
  }

  /** Adds the app's own additions to the context of a call. */
  async function extend(
    prepared: PreparedCall,
    additionsOf: NonNullable<CallPreparerOptions["extendContext"]>,
  ): Promise<PreparedCall> {
    const { options, ctx } = prepared;
    const { request, call, isLive = false } = options;
    const shared = { caller: request.caller, env: ctx.env, lastEventId: call.lastEventId };
    const added = await additionsOf(isLive ? trackCallerReads(shared) : shared);
    // Copies descriptors, because the additions of the app can have getters.
    Object.defineProperties(ctx, Object.getOwnPropertyDescriptors(added));
    return prepared;
  }

  /**
   * Runs the procedure of a prepared call.
   *
   * @param callbacks those of a mutation with an idempotency key
   */
  function run(prepared: PreparedCall, callbacks?: TransactionCallbacks): Promise<unknown> {
    const { options, type, ctx } = prepared;
    const { procedure, call, transport, scope } = options;
    const { idempotencyKey } = call;
    if (idempotencyKey !== undefined && type === "mutation") defineHandedOnKey(prepared, idempotencyKey);
    const services = callbacks && ctx[SERVICES];
    if (services && ctx.commit) ctx.commit = commitOf(services, () => callbacks.onCommit());
    // Queries and mutations of a socket cannot be aborted, and creating a signal costs time.
    const signal = transport === "rpc" || type === "subscription" ? scope().signal : undefined;
    const running = { router, procedure, call, type, ctx, signal, onResolved: callbacks?.onResolved };
    if (!options.isTraced) return runProcedure(running);
    return inSpan("userdo.run", { "userdo.path": call.path }, () => runProcedure(running));
  }

  return { prepare, run };
}

/** Checks the permissions of a call that gets the reply of an earlier one, because its middlewares do not run. */
export async function authorizeRepeat({ options: { procedure, call }, ctx }: PreparedCall): Promise<void> {
  if (placementOf(procedure).endsPermission) return;
  for (const check of callerChecksOf(procedure)) await check(ctx, call.path);
}

/** Defines `ctx.idempotencyKey`. It is a getter, because most mutations make no calls. */
function defineHandedOnKey({ options, ctx }: PreparedCall, key: string): void {
  const { request, call } = options;
  const owner = ctx[SERVICES]?.address;
  let derived: string | undefined;
  Object.defineProperty(ctx, "idempotencyKey", {
    configurable: true,
    enumerable: true,
    get: () => (derived ??= handedOnKey(owner ? toName(owner) : "", callIdOf(request.caller, key), call.path)),
  });
}

/** Creates `ctx.commit`, which runs synchronous work in the same transaction as a synchronous resolver. */
function commitOf({ atomic }: ObjectServices, onCommit?: () => void): NonNullable<CallContext["commit"]> {
  return (work) =>
    atomic(() => {
      const result = runSynchronously("ctx.commit", work);
      onCommit?.();
      return result;
    });
}
