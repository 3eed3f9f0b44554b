import type { AnyTRPCProcedure } from "@trpc/server";
import { checkIdempotencyKey } from "../../router/idempotency-key.js";
import { isReplyConfidential, placementOf, type Placement } from "../../router/placement.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { shapeError } from "../../router/run-call.js";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import { readEnvelope } from "../../shared/wire-guard/envelope.js";
import { isDevelopment } from "../../shared/is-development.js";
import { lastEventIdIn } from "../../shared/last-event-id.js";
import { accessExpiryOf, type Identity } from "../auth/authenticate.js";
import type { DroppedCookieCheck } from "../cookies/dropped-cookies.js";
import type { BrowserSession } from "../cookies/find-browser-session.js";
import type { CallsRequest, SerializedCall } from "../gate/gate-result.js";
import type { NetworkLimits } from "../request/create-network-limits.js";
import { signUpRequestOf } from "../request/sign-up-request-of.js";
import type { SendCallsOptions } from "./send-calls.js";

export interface PrepareCallOptions extends Pick<SendCallsOptions, "router" | "env" | "device" | "onError"> {
  readonly request: Request;
  readonly gated: CallsRequest;
  readonly identity: Identity;
  /** The session of the request's cookies. */
  readonly session: BrowserSession;
  readonly limiter: NetworkLimits;
  readonly droppedCookies: DroppedCookieCheck;
  /** The origin of the page that a form redirects to after a successful call. */
  readonly redirectOrigin?: string | undefined;
}

/** A call of a request, ready to be sent. Without `call` and `refusal`, the response refuses it as tRPC does. */
export interface PreparedCall {
  readonly path: string;
  /** `undefined` if the path is unknown. */
  readonly procedure: AnyTRPCProcedure | undefined;
  readonly call?: Call;
  /** The reply to a call that is not sent. */
  readonly refusal?: Reply;
}

/** Where a call of the request stands in it, and how the response is sent. */
interface CallPosition {
  readonly batchIndex: number;
  /** Whether the client reads each result as soon as it is written. */
  readonly streams: boolean;
}

/**
 * Finds the procedures of a request's calls, deserializes their inputs and checks their limits. An error fails only its own
 * call. Returns a promise only if a router has to be loaded, or a limit or a cookie checked.
 */
export function prepareCalls(
  options: PrepareCallOptions,
  { streams }: Pick<CallPosition, "streams">,
): PreparedCall[] | Promise<PreparedCall[]> {
  const prepared = options.gated.calls.map((call, batchIndex) => prepareCall(call, { batchIndex, streams }, options));
  return prepared.every(isPrepared) ? prepared : Promise.all(prepared.map((call) => Promise.resolve(call)));
}

function isPrepared(prepared: PreparedCall | Promise<PreparedCall>): prepared is PreparedCall {
  return "path" in prepared;
}

function prepareCall(
  call: SerializedCall,
  position: CallPosition,
  options: PrepareCallOptions,
): PreparedCall | Promise<PreparedCall> {
  const { path } = call;
  const procedure = resolveProcedure(options.router, path);
  if (procedure instanceof Promise) return prepareLazy(call, procedure, position, options);
  return procedure ? prepareResolved(call, procedure, position, options) : { path, procedure };
}

/** Prepares a call whose procedure is in a router that is still loading. */
async function prepareLazy(
  call: SerializedCall,
  loading: Promise<AnyTRPCProcedure | undefined>,
  position: CallPosition,
  options: PrepareCallOptions,
): Promise<PreparedCall> {
  const { path } = call;
  try {
    const procedure = await loading;
    return procedure ? await prepareResolved(call, procedure, position, options) : { path, procedure };
  } catch (cause) {
    // The router could not be loaded, so only the type of the procedure is known, which is all that the response needs.
    const type = options.gated.method === "POST" ? "mutation" : "query";
    return refused({ path, procedure: { _def: { type } } as unknown as AnyTRPCProcedure }, cause, options);
  }
}

function prepareResolved(
  serialized: SerializedCall,
  procedure: AnyTRPCProcedure,
  position: CallPosition,
  options: PrepareCallOptions,
): PreparedCall | Promise<PreparedCall> {
  const { path } = serialized;
  const { type } = procedure._def;
  // tRPC refuses these with its own message and status.
  if ((type === "mutation") !== (options.gated.method === "POST")) return { path, procedure };
  if (type === "subscription" && options.gated.isBatch) return { path, procedure };
  const placement = placementOf(procedure);
  if (placement.kind === "refresh" || options.limiter.applies(path, placement))
    return prepareLimited(serialized, procedure, placement, position, options);
  try {
    return { path, procedure, call: createCall(serialized, procedure, placement, position, options) };
  } catch (cause) {
    return refused({ path, procedure }, cause, options);
  }
}

/** Prepares a call that a limit applies to, or one that receives the refresh token of a cookie. */
async function prepareLimited(
  serialized: SerializedCall,
  procedure: AnyTRPCProcedure,
  placement: Placement,
  position: CallPosition,
  options: PrepareCallOptions,
): Promise<PreparedCall> {
  const { path } = serialized;
  try {
    await options.limiter.check(path, placement);
    const call = createCall(serialized, procedure, placement, position, options);
    if (placement.kind !== "refresh") return { path, procedure, call };
    const refreshCookie = (await options.session.refresh())?.token;
    return { path, procedure, call: { ...call, refreshCookie } };
  } catch (cause) {
    return refused({ path, procedure }, cause, options);
  }
}

/**
 * @throws the error of an input that cannot be deserialized, of a sign-in whose cookies the browser would drop, and of an
 * idempotency key
 */
function createCall(
  serializedCall: SerializedCall,
  { _def: { type } }: AnyTRPCProcedure,
  placement: Placement,
  { batchIndex, streams }: CallPosition,
  { router, gated, request, identity, droppedCookies, redirectOrigin }: PrepareCallOptions,
): Call {
  const { path } = serializedCall;
  const { readsAccessExpiry, readsRequest } = placement;
  const { input: serialized, idempotencyKey: ownKey, isRetry } = readEnvelope(serializedCall.input);
  // The header of a request is for mutations only, so queries ignore it.
  const headerKey = type === "mutation" ? serializedCall.idempotencyKey : undefined;
  const key = checkIdempotencyKey(ownKey === undefined ? headerKey : ownKey, type);
  // Otherwise the Worker would send the call again after a lost connection.
  const idempotencyKey = isReplyConfidential(placement) ? undefined : key;
  const input: unknown =
    serialized === undefined ? undefined : router._def._config.transformer.input.deserialize(serialized);
  droppedCookies.check({ path, input, headers: request.headers, url: gated.url, redirectOrigin });
  const call: Call = batchIndex === 0 ? { path, type, input } : { path, type, input, batchIndex };
  const isPlain = !streams && !readsAccessExpiry && !readsRequest;
  if (isPlain && type !== "subscription" && idempotencyKey === undefined) return call;
  return {
    ...call,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(isRetry && { isRetry }),
    ...(streams && { streams }),
    ...(type === "subscription" && { lastEventId: lastEventIdOf(request, gated.url) ?? lastEventIdIn(input) }),
    ...(readsAccessExpiry && { accessExpiresAt: accessExpiryOf(identity) }),
    ...(readsRequest && { signUpRequest: signUpRequestOf(request, gated.url) }),
  };
}

function lastEventIdOf({ headers }: Request, { searchParams }: URL): string | undefined {
  return (
    headers.get("last-event-id") ?? searchParams.get("lastEventId") ?? searchParams.get("Last-Event-Id") ?? undefined
  );
}

function refused(
  { path, procedure }: { readonly path: string; readonly procedure: AnyTRPCProcedure },
  cause: unknown,
  options: PrepareCallOptions,
): PreparedCall {
  const error = errorShapeOf({ path, type: procedure._def.type, input: undefined }, cause, options);
  return { path, procedure, refusal: { ok: false, error } };
}

/** Formats the error of a call that was not sent to an object, or whose result cannot be written. */
export function errorShapeOf(
  call: Call,
  cause: unknown,
  { router, onError, env, device }: Pick<SendCallsOptions, "router" | "onError" | "env" | "device">,
  ctx?: object,
): ErrorShape {
  return shapeError({
    router,
    call,
    ctx,
    cause,
    onError,
    isDevelopment: isDevelopment(env),
    requestId: device.requestId,
  });
}
