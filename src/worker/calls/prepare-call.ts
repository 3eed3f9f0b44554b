import type { AnyTRPCProcedure } from "@trpc/server";
import { placementOf } from "../../router/placement.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { shapeError } from "../../router/run-call.js";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import { isDevelopment } from "../../shared/is-development.js";
import { lastEventIdIn } from "../../shared/last-event-id.js";
import { accessExpiryOf, type Identity } from "../auth/authenticate.js";
import type { DroppedCookieCheck } from "../cookies/dropped-cookies.js";
import type { BrowserSession } from "../cookies/find-browser-session.js";
import type { CallsRequest, SerializedCall } from "../gate/gate-result.js";
import { wantsStream } from "../gate/read-calls.js";
import type { NetworkLimits } from "../request/create-network-limits.js";
import type { ResolvedCall, SendCallsOptions } from "./send-calls.js";

export interface PrepareCallOptions extends Pick<SendCallsOptions, "router" | "env" | "onError"> {
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

/** A call of a request, ready to be sent. Without `call` and `refusal`, tRPC's adapter refuses it. */
export interface PreparedCall {
  readonly path: string;
  /** `undefined` if the path is unknown. */
  readonly procedure: AnyTRPCProcedure | undefined;
  readonly call?: ResolvedCall;
  /** The reply to a call that is not sent. */
  readonly refusal?: Reply;
}

/** Finds the procedure of a call, deserializes its input and checks its limits. Never throws: an error fails only this call. */
export async function prepareCall(
  call: SerializedCall,
  batchIndex: number,
  options: PrepareCallOptions,
): Promise<PreparedCall> {
  const { path } = call;
  try {
    const procedure = await resolveProcedure(options.router, path);
    return procedure ? await prepareResolved(call, procedure, batchIndex, options) : { path, procedure };
  } catch (cause) {
    // The lazy router of the procedure could not be loaded.
    const type = options.gated.method === "POST" ? "mutation" : "query";
    const error = errorShapeOf({ path, type, input: undefined }, cause, options);
    const procedure = { _def: { type } } as unknown as AnyTRPCProcedure;
    return { path, procedure, refusal: { ok: false, error } };
  }
}

async function prepareResolved(
  { path, input: serialized }: SerializedCall,
  procedure: AnyTRPCProcedure,
  batchIndex: number,
  options: PrepareCallOptions,
): Promise<PreparedCall> {
  const { router, gated, request, session, limiter, identity, droppedCookies, redirectOrigin } = options;
  const { type } = procedure._def;
  // tRPC's adapter refuses these with its own message and status.
  if ((type === "mutation") !== (gated.method === "POST")) return { path, procedure };
  if (type === "subscription" && gated.isBatch) return { path, procedure };
  const { searchParams } = gated.url;
  const lastEventId =
    request.headers.get("last-event-id") ?? searchParams.get("lastEventId") ?? searchParams.get("Last-Event-Id");
  try {
    const placement = placementOf(procedure);
    await limiter.check(path, placement);
    const input: unknown =
      serialized === undefined ? undefined : router._def._config.transformer.input.deserialize(serialized);
    droppedCookies.check({ path, input, headers: request.headers, url: gated.url, redirectOrigin });
    const call: ResolvedCall = {
      path,
      type,
      input,
      procedure,
      batchIndex,
      ...(wantsStream(request.headers) && { streams: true }),
      ...(type === "subscription" && { lastEventId: lastEventId ?? lastEventIdIn(input) }),
      ...(placement.kind === "refresh" && { refreshCookie: (await session.refresh())?.token }),
      ...(placement.readsAccessExpiry && { accessExpiresAt: accessExpiryOf(identity) }),
    };
    return { path, procedure, call };
  } catch (cause) {
    const error = errorShapeOf({ path, type, input: undefined }, cause, options);
    return { path, procedure, refusal: { ok: false, error } };
  }
}

/** Formats the error of a call that was not sent to an object, or whose result cannot be written. */
export function errorShapeOf(
  call: Call,
  cause: unknown,
  { router, onError, env }: Pick<SendCallsOptions, "router" | "onError" | "env">,
  ctx?: object,
): ErrorShape {
  return shapeError({ router, call, ctx, cause, onError, isDevelopment: isDevelopment(env) });
}
