import { tracked, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { placementOf } from "../../router/placement.js";
import { runCall, shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import { isDevelopment } from "../../shared/is-development.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import { toName, type ObjectAddress } from "../../shared/owner.js";
import { configurationErrorOf, type Configuration } from "../configuration.js";
import { readStream, type WaitUntil } from "../streams/read-stream.js";
import { resolveTarget } from "./resolve-target.js";

/** A call with its procedure, which stays in the Worker. */
export interface ResolvedCall extends Call {
  readonly procedure: AnyTRPCProcedure;
}

/** A reply, with a function that reads the streams of its tickets. */
export type ReplyWithStreams = Reply & {
  readonly open?: (ticket: string, signal: AbortSignal | undefined) => AsyncIterable<unknown>;
};

export interface SendCallsOptions {
  readonly router: AnyTRPCRouter;
  readonly configuration: Configuration;
  readonly caller: Caller;
  readonly device: Device;
  readonly env: object;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
  readonly onError: OnError;
  readonly waitUntil: WaitUntil;
  /** Whether the client reads each result as soon as it is written. */
  readonly streams: boolean;
  /** Aborts the procedures that run in the Worker when the client disconnects. */
  readonly signal?: AbortSignal | undefined;
}

/** The object that a call is for, the Worker itself, or why the call cannot be sent. */
type Target = ObjectAddress | "here" | { readonly error: unknown };

/**
 * Sends the calls of one request to the objects that own their data, with one RPC for all calls to the same object. The
 * replies are in the order of the calls, and each settles as soon as its object has replied.
 */
export function sendCalls(calls: readonly ResolvedCall[], options: SendCallsOptions): Promise<ReplyWithStreams>[] {
  // All targets are resolved first, so that the calls to one object can be sent together.
  const sent = Promise.all(calls.map((call) => targetOf(call, options))).then((targets) =>
    dispatch(calls, targets, options),
  );
  return calls.map(async (call, index) => (await sent)[index] ?? failed(call, missingReply(), options));
}

async function targetOf(call: ResolvedCall, { caller, configuration }: SendCallsOptions): Promise<Target> {
  const { procedure } = call;
  try {
    const { inputs: schemas = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
    return await resolveTarget(placementOf(procedure), { ...call, schemas }, caller, configuration);
  } catch (error) {
    return { error };
  }
}

/** A procedure cannot be sent over RPC. */
function withoutProcedure({ procedure: _procedure, ...call }: ResolvedCall): Call {
  return call;
}

function dispatch(
  calls: readonly ResolvedCall[],
  targets: readonly Target[],
  options: SendCallsOptions,
): Promise<ReplyWithStreams>[] {
  const batches = new Map<string, { readonly address: ObjectAddress; readonly calls: Call[] }>();
  const readReply = calls.map((call, index) => {
    const target = targets[index] ?? { error: missingReply() };
    if (target === "here") return () => runHere(call, options);
    if ("error" in target) return () => Promise.resolve(failed(call, target.error, options));
    const name = toName(target);
    const batch = batches.get(name) ?? { address: target, calls: [] };
    batches.set(name, batch);
    const position = batch.calls.push(withoutProcedure(call)) - 1;
    return () => replies.get(name)?.[position] ?? Promise.resolve(failed(call, missingReply(), options));
  });
  const replies = new Map(
    Array.from(batches, ([name, batch]) => [name, sendBatch(batch.address, batch.calls, options)]),
  );
  return readReply.map((read) => read());
}

/** Sends calls to one object in one RPC. For a stream, the object sends each reply at once; otherwise all at the end. */
function sendBatch(
  address: ObjectAddress,
  calls: readonly Call[],
  options: SendCallsOptions,
): Promise<ReplyWithStreams>[] {
  const { router, configuration, caller, device, signal, waitUntil, streams } = options;
  const pending = new Map(calls.map((_call, index) => [index, Promise.withResolvers<ReplyWithStreams>()]));
  const replies = Array.from(pending.values(), ({ promise }) => promise);
  const settle = (index: number, reply: () => ReplyWithStreams): void => {
    const call = pending.get(index);
    pending.delete(index);
    call?.resolve(reply());
  };
  /** Fails the calls that do not have a reply yet. */
  const failPending = (cause: unknown): void => {
    for (const [index, call] of calls.entries()) settle(index, () => failed(call, cause, options));
  };

  const requestId = signal && crypto.randomUUID();
  const abortCalls = (): void => {
    const stub = stubOf(configuration.namespace, address);
    const sent = sendInternal(stub, { op: "leave", requestId: requestId ?? "" });
    waitUntil(sent.catch(() => {}));
  };

  async function send(): Promise<void> {
    const stub = stubOf(configuration.namespace, address);
    const { output: transformer } = router._def._config.transformer;
    const open: ReplyWithStreams["open"] = (ticket, streamSignal) =>
      readStream({ stub, ticket, transformer, track: tracked, signal: streamSignal, waitUntil });
    const onReply = (index: number, reply: Reply): void =>
      settle(index, () => (reply.ok && (reply.stream !== undefined || reply.later) ? { ...reply, open } : reply));
    const onEach = streams && calls.length > 1 ? onReply : undefined;
    const rest = await stub.trpc(caller, calls, device, requestId, onEach);
    for (const [index, reply] of rest.entries()) onReply(index, reply);
    failPending(missingReply());
  }

  signal?.addEventListener("abort", abortCalls, { once: true });
  void send()
    .catch((cause: unknown) => failPending(configurationErrorOf(cause) ?? cause))
    .finally(() => signal?.removeEventListener("abort", abortCalls));
  return replies;
}

function missingReply(): Error {
  return new Error("An object did not reply to a call.");
}

async function runHere({ procedure, ...call }: ResolvedCall, options: SendCallsOptions): Promise<Reply> {
  const { router, caller, env, extendContext, onError, signal } = options;
  try {
    const base = { caller, env, lastEventId: call.lastEventId };
    const ctx = { ...base, ...(await extendContext?.(base)) };
    return await runCall({ router, procedure, call, ctx, signal, onError, isDevelopment: isDevelopment(env) });
  } catch (cause) {
    return failed(call, cause, options);
  }
}

function failed(call: Call, cause: unknown, { router, caller, env, onError }: SendCallsOptions): Reply {
  const reported = { router, call, ctx: { caller, env }, cause, onError, isDevelopment: isDevelopment(env) };
  return { ok: false, error: shapeError(reported) };
}
