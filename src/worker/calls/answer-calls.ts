import type { AnyTRPCProcedure } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { placementOf } from "../../router/placement.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { shapeError } from "../../router/run-call.js";
import { lastEventIdIn } from "../../shared/last-event-id.js";
import type { Call, ErrorShape, Reply, SessionEffect } from "../../shared/call.js";
import { isDevelopment } from "../../shared/is-development.js";
import { anonymous } from "../../shared/caller.js";
import { USER_HEADER } from "../../shared/session-user.js";
import type { BrowserSession } from "../cookies/find-browser-session.js";
import type { KeptSignInCheck } from "../cookies/kept-sign-in.js";
import type { NetworkLimits } from "../request/create-network-limits.js";
import type { GatedCalls } from "../gate/gate-result.js";
import { evenAnswerTime } from "./even-answer-time.js";
import { refuse } from "../gate/refuse.js";
import type { Refusal } from "../gate/refusal.js";
import { wantsStream } from "../gate/wants-stream.js";
import { createProxyRouter, type ProxiedCall } from "./proxy-router.js";
import { sendCalls, type KnownCall, type SendCallsOptions, type SentReply } from "./send-calls.js";
import { withFirstEventId } from "../streams/with-first-event-id.js";
import { sessionUserAfter } from "../auth/session-user.js";
import { accessExpiryOf, renew, type Identity } from "../auth/authenticate.js";

export interface AnswerCallsOptions extends Omit<SendCallsOptions, "caller" | "streams"> {
  readonly request: Request;
  /** Where tRPC answers. */
  readonly path: string;
  readonly gated: GatedCalls;
  readonly identity: Identity;
  /** The session that the request's cookies belong to. */
  readonly session: BrowserSession;
  /** The values of `Set-Cookie` for what a call did to the session. */
  readonly writeCookies: (effect: SessionEffect | undefined) => Promise<string[]>;
  /** The value of `Set-Cookie` that marks the browser as one of a user's. */
  readonly writeDeviceCookie: (deviceToken: string) => string;
  readonly limiter: NetworkLimits;
  readonly keptSignIn: KeptSignInCheck;
  /** The origin of the page that a form leads to after a successful call. */
  readonly leadsTo?: string | undefined;
}

/** One call of the request on its way: sent, or refused before it was. */
interface PlannedCall {
  readonly path: string;
  readonly procedure: ProxiedCall["procedure"];
  readonly call?: KnownCall;
  readonly refused?: Reply;
}

/** As tRPC refuses it too, but as JSON, and with the cure. */
const mixedTypes: Refusal = {
  code: "BAD_REQUEST",
  message: "A batch holds queries alone, or mutations alone. Send the others in a request of their own.",
};

/**
 * Answers a request's calls: sends each to the object that owns its data, and has tRPC's own adapter write the
 * reply. Cookies are set on the reply, so one that sets any is held back until the object has said which.
 */
export async function answerCalls(options: AnswerCallsOptions): Promise<Response> {
  const { request, gated, router } = options;
  const planned = await Promise.all(gated.calls.map((call, index) => plan(call, index, options)));
  const types = new Set(planned.flatMap(({ procedure }) => procedure?._def.type ?? []));
  if (types.size > 1) return refuse(mixedTypes, router._def._config, options.onError);
  const sent = planned.flatMap(({ call }) => call ?? []);

  const evenTime = evenAnswerTime(sent);
  const { caller, effect } = await callerFor(sent, options);
  // Procedures in the Worker run before tRPC's adapter says how it notices that the client has left.
  const left = new AbortController();
  const streams = wantsStream(request.headers);
  const replies = sendCalls(sent, { ...options, caller, streams, signal: left.signal });
  const proxied = planned.map(({ path, procedure, call, refused }): ProxiedCall => {
    const reply = refused ? Promise.resolve(refused) : call && replies[sent.indexOf(call)];
    return { path, procedure, reply };
  });

  const answered = await fetchRequestHandler({
    endpoint: options.path,
    req: forAdapter(request),
    router: createProxyRouter(router, proxied, {
      streams,
      onSignal(signal) {
        const abort = (): void => left.abort(signal.reason);
        if (signal.aborted) abort();
        else signal.addEventListener("abort", abort, { once: true });
      },
      shape: (call, cause) => refusalOf(call, cause, options, { caller, env: options.env }),
    }),
  });
  const startsAt = sent[0]?.type === "subscription" ? await startOf(replies[0]) : undefined;
  const response = startsAt === undefined ? answered : withFirstEventId(answered, startsAt);

  let session: SessionEffect | undefined = effect;
  let deviceToken: string | undefined;
  const settles = sent.flatMap(({ procedure }, index) =>
    placementOf(procedure).setsCookies === "never" ? [] : (replies[index] ?? []),
  );
  const isStream = response.headers.get("transfer-encoding") === "chunked";
  // Compression would hold events back until its buffer is full.
  if (isStream || response.headers.get("content-type") === "text/event-stream") {
    response.headers.set("Content-Encoding", "identity");
  }
  // Unless a call was refused here, a stream has nothing to tell before its first reply, which may say that the session
  // is over.
  const first = sent.length === planned.length ? [Promise.race(replies)] : [];
  const settled = await Promise.all(isStream ? [...first, ...settles] : replies);
  const signsIn = settled.some((reply) => reply.session);
  for (const reply of settled) {
    // A call beside the sign-in that failed because the previous session has ended must not undo the sign-in.
    if (reply.session !== undefined && (reply.ok || !signsIn)) session = reply.session;
    if (reply.ok && reply.deviceToken !== undefined) deviceToken = reply.deviceToken;
  }
  const refused = planned.flatMap((call) => call.refused ?? []);
  const waits = [...refused, ...settled].flatMap((reply) => (reply.ok ? [] : retryAfterOf(reply.error)));
  // The adapter has just created the reply, so its headers can be changed.
  if (waits.length > 0) response.headers.set("Retry-After", String(Math.max(...waits)));
  await evenTime;
  return withCookies(response, { session, deviceToken }, options);
}

/** Tells a client that its token is why (RFC 6750): it refreshes that, and asks again. */
const CHALLENGE = 'Bearer error="invalid_token"';

/** Adds the cookies that calls set, the name of the session's user, and the challenge for an invalid Bearer token. */
async function withCookies(
  response: Response,
  { session, deviceToken }: { readonly session: SessionEffect | undefined; readonly deviceToken: string | undefined },
  {
    gated,
    identity,
    writeCookies,
    writeDeviceCookie,
  }: Pick<AnswerCallsOptions, "gated" | "identity" | "writeCookies" | "writeDeviceCookie">,
): Promise<Response> {
  const isBearer = gated.bearer !== undefined;
  const refusesToken = isBearer && identity.type === "nobody";
  // A token's end says nothing of the cookies beside it, which were not looked at.
  const effect = isBearer && session === null ? undefined : session;
  const device = deviceToken === undefined ? [] : [writeDeviceCookie(deviceToken)];
  const values = [...(await writeCookies(effect)), ...device];
  // The adapter has just created it, so its headers can be changed.
  const { headers } = response;
  if (refusesToken) headers.set("WWW-Authenticate", CHALLENGE);
  if (!isBearer) headers.set(USER_HEADER, sessionUserAfter(effect, identity));
  for (const value of values) headers.append("Set-Cookie", value);
  return response;
}

/** In how many seconds a call that failed can succeed, where its error states that. */
function retryAfterOf({ data }: ErrorShape): number[] {
  return typeof data["retryAfter"] === "number" ? [data["retryAfter"]] : [];
}

/** Where a subscription's stream begins, if its client can come back there. It is never one call of several. */
async function startOf(sent: Promise<SentReply> | undefined): Promise<string | undefined> {
  const reply = await sent;
  return reply?.ok ? reply.startsAt : undefined;
}

async function plan(
  call: GatedCalls["calls"][number],
  batchIndex: number,
  options: AnswerCallsOptions,
): Promise<PlannedCall> {
  const { path } = call;
  try {
    const procedure = await resolveProcedure(options.router, path);
    return procedure ? await planKnown(call, procedure, batchIndex, options) : { path, procedure };
  } catch (cause) {
    // A lazy router that cannot be loaded: this call has failed, and none beside it.
    const type = options.gated.method === "POST" ? "mutation" : "query";
    const error = refusalOf({ path, type, input: undefined }, cause, options);
    const procedure = { _def: { type } } as unknown as AnyTRPCProcedure;
    return { path, procedure, refused: { ok: false, error } };
  }
}

async function planKnown(
  { path, input: serialized }: GatedCalls["calls"][number],
  procedure: AnyTRPCProcedure,
  batchIndex: number,
  { router, gated, request, session, limiter, identity, keptSignIn, leadsTo, onError, env }: AnswerCallsOptions,
): Promise<PlannedCall> {
  const { type } = procedure._def;
  // Left to tRPC's adapter to refuse, which knows the right words and the status.
  if ((type === "mutation") !== (gated.method === "POST")) return { path, procedure };
  if (type === "subscription" && gated.isBatch) return { path, procedure };
  const { searchParams } = gated.url;
  const cameBackWith =
    request.headers.get("last-event-id") ?? searchParams.get("lastEventId") ?? searchParams.get("Last-Event-Id");
  try {
    const placement = placementOf(procedure);
    await limiter.check(path, placement);
    const input: unknown =
      serialized === undefined ? undefined : router._def._config.transformer.input.deserialize(serialized);
    keptSignIn.check({ path, input, headers: request.headers, url: gated.url, leadsTo });
    const call: KnownCall = {
      path,
      type,
      input,
      procedure,
      batchIndex,
      ...(wantsStream(request.headers) && { streams: true }),
      ...(type === "subscription" && { lastEventId: cameBackWith ?? lastEventIdIn(input) }),
      ...(placement.kind === "refresh" && { refreshCookie: (await session.refresh())?.token }),
      ...(placement.readsAccessExpiry && { accessExpiresAt: accessExpiryOf(identity) }),
    };
    return { path, procedure, call };
  } catch (cause) {
    return {
      path,
      procedure,
      refused: { ok: false, error: refusalOf({ path, type, input: undefined }, cause, { router, onError, env }) },
    };
  }
}

/** The error of a call that was not sent to an object, or whose reply cannot be written. */
function refusalOf(
  call: Call,
  cause: unknown,
  { router, onError, env }: Pick<SendCallsOptions, "router" | "onError" | "env">,
  ctx?: object,
): ErrorShape {
  return shapeError({ router, call, ctx, cause, onError, isDevelopment: isDevelopment(env) });
}

/** What tRPC's adapter needs to know of the request. The body has been read, and the proxy asks for no input. */
function forAdapter({ url, method, headers, signal }: Request): Request {
  const kept = new Headers({ "content-type": "application/json" });
  for (const name of ["accept", "trpc-accept", "last-event-id"]) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return new Request(url, { method, headers: kept, signal });
}

/** Calls of these kinds are by an address or a token of their own, whoever makes them. */
const withoutCaller: ReadonlySet<string> = new Set(["email", "mail", "refresh"]);

/** Who the calls are for. A lapsed access token is renewed only when one of them has to know. */
async function callerFor(calls: readonly KnownCall[], { identity, configuration, device }: AnswerCallsOptions) {
  if (identity.type === "known") return { caller: identity.caller, effect: undefined };
  const asks = calls.some(({ procedure }) => {
    const { kind, dependsOnCaller = !withoutCaller.has(kind) } = placementOf(procedure);
    return dependsOnCaller;
  });
  if (identity.type === "nobody" || !asks) return { caller: anonymous, effect: undefined };
  const [admits, ...others] = new Set(calls.map(({ procedure }) => placementOf(procedure).acceptsSessions));
  return renew(identity.claims, configuration, { device, admits: others.length === 0 ? admits : undefined });
}
