import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { placementOf } from "../../router/placement.js";
import type { ErrorShape, SessionEffect } from "../../shared/call.js";
import { anonymous } from "../../shared/caller.js";
import { USER_HEADER } from "../../shared/user-header.js";
import { renew } from "../auth/authenticate.js";
import { sessionUserAfter } from "../auth/expected-user.js";
import { wantsStream } from "../gate/read-calls.js";
import { refusalResponse } from "../gate/refusal-response.js";
import type { Refusal } from "../gate/refusal.js";
import { withFirstEventId } from "../streams/with-first-event-id.js";
import { errorShapeOf, prepareCall, type PrepareCallOptions } from "./prepare-call.js";
import { createProxyRouter } from "./proxy-router.js";
import { sendCalls, type ReplyWithStreams, type ResolvedCall, type SendCallsOptions } from "./send-calls.js";

export interface HandleCallsOptions extends PrepareCallOptions, Omit<SendCallsOptions, "caller" | "streams"> {
  /** The path of the tRPC endpoint. */
  readonly path: string;
  /** Returns the values of `Set-Cookie` for what a call did to the session. */
  readonly writeCookies: (effect: SessionEffect | undefined) => Promise<string[]>;
  /** Returns the value of `Set-Cookie` that marks the browser as one of a user's. */
  readonly writeDeviceCookie: (deviceToken: string) => string;
}

/** tRPC's adapter refuses such a batch too, but not as JSON, and without a fix. */
const mixedTypes: Refusal = {
  code: "BAD_REQUEST",
  reason: "BATCH_TYPES_MIXED",
  message: "The batch has queries and mutations. Send them in separate requests.",
};

/**
 * Handles the calls of a request: sends each to the object that owns its data, and writes the response with tRPC's own adapter.
 * Cookies are response headers, so a response that may set one is delayed until the object has replied.
 */
export async function handleCalls(options: HandleCallsOptions): Promise<Response> {
  const { request, gated, router } = options;
  const prepared = await Promise.all(gated.calls.map((call, index) => prepareCall(call, index, options)));
  const types = new Set(prepared.flatMap(({ procedure }) => procedure?._def.type ?? []));
  if (types.size > 1) return refusalResponse(mixedTypes, router._def._config, options.onError);
  const calls = prepared.flatMap(({ call }) => call ?? []);

  const minimumTime = minimumResponseTime(calls);
  const { caller, effect } = await callerFor(calls, options);
  // Procedures in the Worker start before tRPC's adapter passes the signal with which it notices a disconnect.
  const disconnected = new AbortController();
  const streams = wantsStream(request.headers);
  const sent = sendCalls(calls, { ...options, caller, streams, signal: disconnected.signal });
  const replies = prepared.map(({ call, refusal }) =>
    refusal ? Promise.resolve(refusal) : call && sent[calls.indexOf(call)],
  );

  const written = await fetchRequestHandler({
    endpoint: options.path,
    req: adapterRequest(request),
    router: createProxyRouter(router, {
      calls: prepared,
      replies,
      streams,
      onSignal(signal) {
        const abort = (): void => disconnected.abort(signal.reason);
        if (signal.aborted) abort();
        else signal.addEventListener("abort", abort, { once: true });
      },
      shape: (call, cause) => errorShapeOf(call, cause, options, { caller, env: options.env }),
    }),
  });
  const startsAt = calls[0]?.type === "subscription" ? await firstEventIdOf(sent[0]) : undefined;
  const response = startsAt === undefined ? written : withFirstEventId(written, startsAt);

  let session: SessionEffect | undefined = effect;
  let deviceToken: string | undefined;
  const withCookieEffect = calls.flatMap(({ procedure }, index) =>
    placementOf(procedure).setsCookies === "never" ? [] : (sent[index] ?? []),
  );
  const isStream = response.headers.get("transfer-encoding") === "chunked";
  // Compression would delay events until its buffer is full.
  if (isStream || response.headers.get("content-type") === "text/event-stream") {
    response.headers.set("Content-Encoding", "identity");
  }
  // The first reply may report that the session ended. Until then a stream has nothing to send, unless a call was refused.
  const first = calls.length === prepared.length ? [Promise.race(sent)] : [];
  const settled = await Promise.all(isStream ? [...first, ...withCookieEffect] : sent);
  const signsIn = settled.some((reply) => reply.session);
  for (const reply of settled) {
    // If another call of the batch failed because the previous session has ended, it must not undo the sign-in.
    if (reply.session !== undefined && (reply.ok || !signsIn)) session = reply.session;
    if (reply.ok && reply.deviceToken !== undefined) deviceToken = reply.deviceToken;
  }
  const refusals = prepared.flatMap((call) => call.refusal ?? []);
  const waits = [...refusals, ...settled].flatMap((reply) => (reply.ok ? [] : retryAfterOf(reply.error)));
  // The adapter has just created the response, so its headers can be changed.
  if (waits.length > 0) response.headers.set("Retry-After", String(Math.max(...waits)));
  await minimumTime;
  return withCookies(response, { session, deviceToken }, options);
}

/**
 * Informs a client that its token was rejected, so that it refreshes the token and repeats the call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
const CHALLENGE = 'Bearer error="invalid_token"';

/** Adds the cookies that calls set, the id of the session's user, and the challenge for an invalid Bearer token. */
async function withCookies(
  response: Response,
  { session, deviceToken }: { readonly session: SessionEffect | undefined; readonly deviceToken: string | undefined },
  {
    gated,
    identity,
    writeCookies,
    writeDeviceCookie,
  }: Pick<HandleCallsOptions, "gated" | "identity" | "writeCookies" | "writeDeviceCookie">,
): Promise<Response> {
  const isBearer = gated.bearer !== undefined;
  const refusesToken = isBearer && identity.type === "anonymous";
  // If the session of a Bearer token has ended, the cookies of the request may still be valid, because they were not checked.
  const effect = isBearer && session === null ? undefined : session;
  const device = deviceToken === undefined ? [] : [writeDeviceCookie(deviceToken)];
  const values = [...(await writeCookies(effect)), ...device];
  // The adapter has just created the response, so its headers can be changed.
  const { headers } = response;
  if (refusesToken) headers.set("WWW-Authenticate", CHALLENGE);
  if (!isBearer) headers.set(USER_HEADER, sessionUserAfter(effect, identity));
  for (const value of values) headers.append("Set-Cookie", value);
  return response;
}

/** Seconds after which a failed call can succeed, if its error says so. */
function retryAfterOf({ data }: ErrorShape): number[] {
  return typeof data["retryAfter"] === "number" ? [data["retryAfter"]] : [];
}

/** The id that the stream of a subscription starts after, if its client can resume there. */
async function firstEventIdOf(sent: Promise<ReplyWithStreams> | undefined): Promise<string | undefined> {
  const reply = await sent;
  return reply?.ok ? reply.startsAt : undefined;
}

/** The parts of the request that tRPC's adapter uses. The gate has read the body, and the proxy router reads no input. */
function adapterRequest({ url, method, headers, signal }: Request): Request {
  const copied = new Headers({ "content-type": "application/json" });
  for (const name of ["accept", "trpc-accept", "last-event-id"]) {
    const value = headers.get(name);
    if (value !== null) copied.set(name, value);
  }
  return new Request(url, { method, headers: copied, signal });
}

/** Procedures of these kinds find their object by an address or a token in the input. The caller does not matter. */
const withoutCaller: ReadonlySet<string> = new Set(["email", "mail", "refresh"]);

/** Determines the caller. Renews an expired access token only if one of the calls depends on the caller. */
async function callerFor(calls: readonly ResolvedCall[], { identity, configuration, device }: HandleCallsOptions) {
  if (identity.type === "authenticated") return { caller: identity.caller, effect: undefined };
  const needsCaller = calls.some(({ procedure }) => {
    const { kind, dependsOnCaller = !withoutCaller.has(kind) } = placementOf(procedure);
    return dependsOnCaller;
  });
  if (identity.type === "anonymous" || !needsCaller) return { caller: anonymous, effect: undefined };
  const [acceptsSessions, ...others] = new Set(calls.map(({ procedure }) => placementOf(procedure).acceptsSessions));
  return renew(identity.claims, configuration, {
    device,
    acceptsSessions: others.length === 0 ? acceptsSessions : undefined,
  });
}

/**
 * Procedures that send mail to an address. They respond equally with and without an account, but an empty object takes
 * longer to start than an initialized one, and these calls do not hash a password, which would hide the difference.
 */
const BY_ADDRESS: ReadonlySet<string> = new Set(["auth.requestPasswordReset", "auth.requestDeviceLink"]);

/** Longer than an object usually takes to start and respond, and too short for a user to notice. */
const MINIMUM_MS = 100;

/**
 * Resolves when the response to these calls may be sent, so that its time does not show whether an address has an account.
 * `undefined` if it may be sent at once. Call it before the calls are sent.
 */
export function minimumResponseTime(calls: readonly { readonly path: string }[]): Promise<void> | undefined {
  if (!calls.some(({ path }) => BY_ADDRESS.has(path))) return undefined;
  return new Promise((resolve) => {
    setTimeout(resolve, MINIMUM_MS);
  });
}
