import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { placementOf } from "../../router/placement.js";
import { setGateHeaders } from "../gate/gate-headers.js";
import { withFirstEventId } from "../streams/with-first-event-id.js";
import type { HandleCallsOptions, PreparedRequest } from "./handle-calls.js";
import { errorShapeOf } from "./prepare-call.js";
import { createProxyRouter } from "./proxy-router.js";
import { collectEffects, effectHeaders } from "./reply-effects.js";
import { sendStreamedCalls, type ReplyWithStreams } from "./send-streamed-calls.js";

/**
 * Responds to the calls of a request with tRPC's own adapter. Cookies are response headers, so a response that may set one is
 * delayed until the object has replied.
 */
export async function adapterResponse(prepared: PreparedRequest, options: HandleCallsOptions): Promise<Response> {
  const { calls, sendable, caller, effect, streams, minimumTime } = prepared;
  const { request, router, gated } = options;
  // Procedures in the Worker start before tRPC's adapter passes the signal with which it notices a disconnect.
  const disconnected = new AbortController();
  const sent = sendStreamedCalls(sendable, { ...options, caller, streams, signal: disconnected.signal });
  let next = 0;
  const replies = calls.map(({ call, refusal }) => (call ? sent[next++] : refusal && Promise.resolve(refusal)));

  const written = await fetchRequestHandler({
    endpoint: options.path,
    req: adapterRequest(request),
    router: createProxyRouter(router, {
      calls,
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
  const startsAt = sendable[0]?.call.type === "subscription" ? await firstEventIdOf(sent[0]) : undefined;
  const response = startsAt === undefined ? written : withFirstEventId(written, startsAt);

  const withCookieEffect = sent.filter((_reply, index) => {
    const call = sendable[index];
    return call && placementOf(call.procedure).setsCookies !== "never";
  });
  const isStream = response.headers.get("transfer-encoding") === "chunked";
  // Compression would delay events until its buffer is full.
  if (isStream || response.headers.get("content-type") === "text/event-stream") {
    response.headers.set("Content-Encoding", "identity");
  }
  // The first reply may report that the session ended. Until then a stream has nothing to send, unless a call was refused.
  const first = sendable.length === calls.length ? [Promise.race(sent)] : [];
  const settled = await Promise.all(isStream ? [...first, ...withCookieEffect] : sent);
  const refusals = calls.flatMap(({ refusal }) => refusal ?? []);
  const effects = collectEffects([...refusals, ...settled], effect);
  await minimumTime;
  const { headers, cookies } = await effectHeaders(effects, options);
  // The adapter has just created the response, so its headers can be changed.
  setGateHeaders(response.headers, gated);
  for (const [name, value] of headers) response.headers.set(name, value);
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
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
