import { tracked, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { placementOf } from "../router/placement.js";
import { runCall, shapeError, type OnError } from "../router/run-call.js";
import type { Call, Reply } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import type { Device } from "../shared/device.js";
import { isDevelopment } from "../shared/is-development.js";
import { stubOf } from "../shared/object-stub.js";
import { toName, type Address } from "../shared/owner.js";
import { settingAtFault, type Configuration } from "./configuration.js";
import { readStream, type WaitUntil } from "./read-stream.js";
import { whose } from "./whose.js";

/** A call whose procedure is known. */
export interface KnownCall extends Call {
  readonly procedure: AnyTRPCProcedure;
}

/** A reply, and how to read the stream of a ticket that came with it. */
export type SentReply = Reply & {
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
  /** Aborts when the client leaves: for the procedures that run in the Worker. */
  readonly signal?: AbortSignal | undefined;
}

/** A call on its way: to an object, to be run in the Worker (`here`), or nowhere, with the reason. */
interface AddressedCall {
  readonly call: Call;
  readonly to: Address | "here" | { readonly refused: unknown };
}

/**
 * Sends the calls of one request to the objects that own their data: all calls for one object as one RPC.
 * The replies come in the order of the calls, each as soon as its object has answered.
 */
export function sendCalls(calls: readonly KnownCall[], options: SendCallsOptions): Promise<SentReply>[] {
  // The addresses are settled first, all of them, so that what belongs together can go together.
  const sent = Promise.all(calls.map((call) => addressed(call, options))).then((all) => dispatch(all, options));
  return calls.map(async (call, index) => (await sent)[index] ?? failed(call, new Error("A call was lost."), options));
}

async function addressed(known: KnownCall, { caller, configuration }: SendCallsOptions): Promise<AddressedCall> {
  const { procedure, ...call } = known;
  try {
    const { inputs: schemas = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
    return { call, to: await whose(placementOf(procedure), { ...call, schemas }, caller, configuration) };
  } catch (refused) {
    return { call, to: { refused } };
  }
}

function dispatch(calls: readonly AddressedCall[], options: SendCallsOptions): Promise<SentReply>[] {
  const batches = new Map<string, { readonly address: Address; readonly calls: Call[] }>();
  const places = calls.map(({ call, to }) => {
    if (to === "here") return () => runHere(call, options);
    if ("refused" in to) return () => Promise.resolve(failed(call, to.refused, options));
    const name = toName(to);
    const batch = batches.get(name) ?? { address: to, calls: [] };
    batches.set(name, batch);
    const position = batch.calls.push(call) - 1;
    return async () =>
      (await replies.get(name))?.[position] ?? failed(call, new Error("An object left a call unanswered."), options);
  });
  const replies = new Map(Array.from(batches, ([name, batch]) => [name, ask(batch.address, batch.calls, options)]));
  return places.map((reply) => reply());
}

/** Asks one object, in one RPC. */
async function ask(address: Address, calls: readonly Call[], options: SendCallsOptions): Promise<SentReply[]> {
  const { router, configuration, caller, device, signal, waitUntil } = options;
  const requestId = signal && crypto.randomUUID();
  const leave = (): void => {
    const left = stubOf(configuration.namespace, address).internal({ op: "leave", requestId: requestId ?? "" });
    waitUntil(left.catch(() => {}));
  };
  signal?.addEventListener("abort", leave, { once: true });
  try {
    const stub = stubOf(configuration.namespace, address);
    const { output: transformer } = router._def._config.transformer;
    const open: SentReply["open"] = (ticket, signal) =>
      readStream({ stub, ticket, transformer, track: tracked, signal, waitUntil });
    return (await stub.trpc(caller, calls, device, requestId)).map((reply): SentReply =>
      reply.ok && (reply.stream !== undefined || reply.later) ? { ...reply, open } : reply,
    );
  } catch (cause) {
    return calls.map((call) => failed(call, settingAtFault(cause) ?? cause, options));
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

async function runHere(call: Call, options: SendCallsOptions): Promise<Reply> {
  const { router, caller, env, extendContext, onError, signal } = options;
  try {
    const base = { caller, env, lastEventId: call.lastEventId };
    const ctx = { ...base, ...(await extendContext?.(base)) };
    return await runCall({ router, call, ctx, signal, onError, isDevelopment: isDevelopment(env) });
  } catch (cause) {
    return failed(call, cause, options);
  }
}

function failed(call: Call, cause: unknown, { router, caller, env, onError }: SendCallsOptions): Reply {
  const reported = { router, call, ctx: { caller, env }, cause, onError, isDevelopment: isDevelopment(env) };
  return { ok: false, error: shapeError(reported) };
}
