import { getTRPCErrorFromUnknown, type TRPCCombinedDataTransformer } from "@trpc/server";
import { isObservable } from "@trpc/server/observable";
import { placementOf } from "../../router/placement.js";
import { resolveNested } from "../../router/resolve-nested.js";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import { USER_HEADER } from "../../shared/user-header.js";
import { gateHeaders, setCorsHeaders } from "../gate/gate-headers.js";
import type { HandleCallsOptions, PreparedRequest } from "./handle-calls.js";
import { errorShapeOf, type PreparedCall } from "./prepare-call.js";
import { collectEffects, effectHeaders, type EffectHeaders } from "./reply-effects.js";
import type { SendableCall } from "./group-by-object.js";
import { sendCalls } from "./send-calls.js";
import { isAsyncIterable } from "./serialize-result.js";
import { createUserHeaders } from "./user-headers.js";
import { writeReplies } from "./write-replies.js";

/** The headers that tRPC's adapter and the gate set. A response copies them in half the time that it takes from an object. */
const plainHeaders = new Headers({
  "Content-Type": "application/json",
  Vary: "trpc-accept, accept, Origin",
  ...gateHeaders,
});

const headersOf = createUserHeaders(plainHeaders);

/**
 * Responds to queries and mutations with one JSON text. The response is the one of `adapterResponse`, without the requests,
 * headers and responses that tRPC's adapter creates in between.
 */
export async function plainResponse(prepared: PreparedRequest, options: HandleCallsOptions): Promise<Response> {
  const { calls, sendable, caller, effect, minimumTime } = prepared;
  const { request, router, env, gated } = options;
  const { output: serializer } = router._def._config.transformer;
  const shape = (call: Call, cause: unknown): ErrorShape => errorShapeOf(call, cause, options, { caller, env });
  const sent = await sendCalls(sendable.map(requestText), { ...options, caller, signal: request.signal });
  const received = sendable.some(isLocal)
    ? await Promise.all(sent.map((reply, index) => serializeLocal(reply, sendable[index], serializer, shape)))
    : sent;
  const replies = sendable.length === calls.length ? received : withRefusals(calls, received);
  const { isBatch, method } = gated;
  const { status, body } = writeReplies({ calls, replies, isBatch, method, serializer, shape });
  if (minimumTime) await minimumTime;
  const writing = effectHeaders(collectEffects(replies, effect), options);
  const { headers: added, cookies } = writing instanceof Promise ? await writing : writing;
  const user = soleUserHeader(added);
  const response = new Response(body, { status, headers: user === undefined ? plainHeaders : headersOf(user) });
  if (user !== undefined && cookies.length === 0 && gated.corsOrigin === undefined) return response;
  const { headers } = response;
  setCorsHeaders(headers, gated);
  for (const [name, value] of added) headers.set(name, value);
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return response;
}

/** The value of the only header that most responses add. */
function soleUserHeader([first, ...others]: EffectHeaders["headers"]): string | undefined {
  return first?.[0] === USER_HEADER && others.length === 0 ? first[1] : undefined;
}

/** Asks the object for the result as the text of the response. */
function requestText({ path, procedure, call }: SendableCall): SendableCall {
  return { path, procedure, call: { ...call, wantsText: true } };
}

/** The replies in the order of the request's calls, of which some were not sent. */
function withRefusals(calls: readonly PreparedCall[], received: readonly Reply[]): (Reply | undefined)[] {
  let next = 0;
  return calls.map(({ call, refusal }) => (call ? received[next++] : refusal));
}

function isLocal({ procedure }: Pick<SendableCall, "procedure">): boolean {
  return placementOf(procedure).kind === "anywhere";
}

/** Serializes the result of a procedure that ran in the Worker. An error fails only this call. */
async function serializeLocal(
  reply: Reply,
  sent: SendableCall | undefined,
  serializer: Pick<TRPCCombinedDataTransformer["output"], "serialize">,
  shape: (call: Call, cause: unknown) => ErrorShape,
): Promise<Reply> {
  if (!reply.ok || !sent || !isLocal(sent)) return reply;
  try {
    const data = await resolveNested(reply.data);
    // `writeReplies` refuses a stream, and never opens it.
    if (isAsyncIterable(data)) return { ok: true, data: undefined, stream: "" };
    if (isObservable(data)) return { ok: true, data };
    return { ok: true, data: JSON.stringify(serializer.serialize(data)), encoding: "json" };
  } catch (cause) {
    const { path, type } = sent.call;
    return { ok: false, error: shape({ path, type, input: undefined }, getTRPCErrorFromUnknown(cause)) };
  }
}
