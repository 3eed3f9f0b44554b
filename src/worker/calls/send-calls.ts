import type { AnyTRPCRouter } from "@trpc/server";
import { outcomeOf } from "../../router/call-outcome.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { isRepeatable } from "../../router/repeatable.js";
import { runCall, shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import { isDevelopment } from "../../shared/is-development.js";
import { stubOf, type OnReply } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { ObjectAddress } from "../../shared/owner.js";
import { configurationErrorOf, type Configuration } from "../configuration.js";
import { handedOnKey } from "../derive-key.js";
import { createLeaveId } from "../request/create-leave-id.js";
import { methodFor, methodForRetry } from "./call-method.js";
import type { CallReports } from "./report-calls.js";
import type { WaitUntil } from "../streams/read-stream.js";
import { groupByObject, type GroupedCalls, type ObjectCalls, type SendableCall } from "./group-by-object.js";

export interface SendCallsOptions {
  readonly router: AnyTRPCRouter;
  readonly configuration: Configuration;
  readonly caller: Caller;
  readonly device: Device;
  readonly env: object;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
  readonly onError: OnError;
  /** Reports the calls that the Worker answers; `undefined` without the option `onCall`. */
  readonly reports: CallReports | undefined;
  readonly waitUntil: WaitUntil;
  /** Aborts when the client disconnects, and with it the calls. */
  readonly signal: AbortSignal;
}

/**
 * Sends the calls of one request to the objects that own their data, with one RPC for all calls to the same object. Resolves
 * with the replies in the order of the calls, after the last one. Never rejects.
 */
export function sendCalls(calls: readonly SendableCall[], options: SendCallsOptions): Promise<Reply[]> {
  const grouped = groupByObject(calls, options);
  return grouped instanceof Promise
    ? grouped.then((resolved) => sendGroups(resolved, options))
    : sendGroups(grouped, options);
}

function sendGroups({ objects, local, failed }: GroupedCalls, options: SendCallsOptions): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const { call, index, cause } of failed) replies[index] = failedReply(call, cause, options);
  const [only] = objects;
  if (only && objects.length === 1 && local.length === 0) return sendToObject(only, replies, options);
  return Promise.all([
    ...objects.map((object) => sendToObject(object, replies, options)),
    ...local.map(async ({ index, ...call }) => void (replies[index] = await runHere(call, options))),
  ]).then(() => replies);
}

/** Sends the calls for one object, and adds its replies to those of the request. */
async function sendToObject(
  { address, calls, indexes }: ObjectCalls,
  replies: Reply[],
  options: SendCallsOptions,
): Promise<Reply[]> {
  let received: readonly (Reply | undefined)[] = [];
  let cause: unknown;
  try {
    received = await callObject(address, calls, options);
  } catch (error) {
    cause = configurationErrorOf(error) ?? error;
  }
  for (const [position, call] of calls.entries()) {
    const index = indexes[position] ?? position;
    replies[index] = received[position] ?? failedReply(call, cause ?? missingReply(), options);
  }
  return replies;
}

/**
 * Sends calls to one object, and once again if it was reset and they may be repeated. If the client disconnects before the
 * object has replied, the object is notified, because the platform does not do it.
 *
 * @param onReply receives each reply as soon as the object has it; the result is then empty
 */
export async function callObject(
  address: ObjectAddress,
  calls: readonly Call[],
  { configuration, caller, device, signal, waitUntil }: SendCallsOptions,
  onReply?: OnReply,
): Promise<Reply[]> {
  const leaveId = createLeaveId();
  let hasReplied = false;
  const leave = (): void => {
    if (hasReplied) return;
    const sent = sendInternal(stubOf(configuration.namespace, address), { op: "leave", requestId: leaveId });
    waitUntil(sent.catch(() => {}));
  };
  // Never removed, because that takes as long as adding it. The signal ends with the request.
  signal.addEventListener("abort", leave);
  const method = methodFor(calls);
  try {
    const replying = stubOf(configuration.namespace, address)[method](caller, calls, device, leaveId, onReply);
    // The client disconnected before, for example while its session was renewed.
    if (signal.aborted) leave();
    return await replying;
  } catch (cause) {
    const repeat = signal.aborted ? undefined : methodForRetry(method, calls, cause);
    if (!repeat) throw cause;
    return await stubOf(configuration.namespace, address)[repeat](caller, calls, device, leaveId, onReply);
  } finally {
    hasReplied = true;
  }
}

/** Runs a call whose procedure does not need an object. Never rejects. */
export async function runHere({ call, procedure }: SendableCall, options: SendCallsOptions): Promise<Reply> {
  const { router, caller, device, env, extendContext, onError, reports, signal } = options;
  try {
    if (call.isRetry && !isRepeatable(procedure)) throw notRepeatable();
    const base = { caller, env, lastEventId: call.lastEventId };
    const key = call.idempotencyKey === undefined ? {} : { idempotencyKey: await handedOnKey(caller, call) };
    const ctx = { ...base, ...(await extendContext?.(base)), ...key };
    const { requestId } = device;
    const running = { router, procedure, call, ctx, signal, onError, isDevelopment: isDevelopment(env), requestId };
    const result = await runCall(running);
    reports?.answered({ path: call.path, type: procedure._def.type }, outcomeOf(result), caller);
    return result;
  } catch (cause) {
    return failedReply(call, cause, options);
  }
}

/** The reply to a call that could not be sent, or that the object did not reply to. */
export function failedReply(call: Call, cause: unknown, options: SendCallsOptions): Reply {
  const { router, caller, device, env, onError, reports } = options;
  const { requestId } = device;
  const reported = { router, call, ctx: { caller, env }, cause, onError, isDevelopment: isDevelopment(env), requestId };
  const reply = { ok: false, error: shapeError(reported) } as const;
  reports?.answered({ path: call.path, type: call.type }, outcomeOf(reply), caller);
  return reply;
}

/** The first attempt may have run, and the Worker stores neither its effects nor its reply. */
function notRepeatable(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "NOT_REPEATABLE",
    message:
      "The mutation was not run again, because an earlier attempt may have run. Mark it with `t.repeatable` if it may run twice, or " +
      "make it a procedure of an object.",
  });
}

export function missingReply(): Error {
  return new Error("An object did not reply to a call.");
}
