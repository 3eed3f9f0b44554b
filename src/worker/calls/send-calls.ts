import { tracked, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { placementOf } from "../../router/placement.js";
import { runCall, shapeError } from "../../router/run-call.js";
import type { OnError } from "../../router/error-report.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import { isDevelopment } from "../../shared/is-development.js";
import { stubOf } from "../../shared/object-stub.js";
import { toName, type Address } from "../../shared/owner.js";
import { settingAtFault, type Configuration } from "../configuration.js";
import { readStream, type WaitUntil } from "../streams/read-stream.js";
import { resolveTarget } from "./resolve-target.js";

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
  /** Whether the client reads each reply as soon as it is written. */
  readonly streams: boolean;
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
    return { call, to: await resolveTarget(placementOf(procedure), { ...call, schemas }, caller, configuration) };
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
    return () => replies.get(name)?.[position] ?? Promise.resolve(failed(call, unanswered(), options));
  });
  const replies = new Map(Array.from(batches, ([name, batch]) => [name, ask(batch.address, batch.calls, options)]));
  return places.map((reply) => reply());
}

/** Asks one object, in one RPC. A stream gets each reply as soon as there is one, other requests all at the end. */
function ask(address: Address, calls: readonly Call[], options: SendCallsOptions): Promise<SentReply>[] {
  const { router, configuration, caller, device, signal: left, waitUntil, streams } = options;
  const pending = new Map(calls.map((_call, index) => [index, Promise.withResolvers<SentReply>()]));
  const replies = Array.from(pending.values(), ({ promise }) => promise);
  const settle = (index: number, reply: () => SentReply): void => {
    const call = pending.get(index);
    pending.delete(index);
    call?.resolve(reply());
  };
  /** Fails the calls that have no reply yet. */
  const fail = (cause: unknown): void => {
    for (const [index, call] of calls.entries()) settle(index, () => failed(call, cause, options));
  };

  const requestId = left && crypto.randomUUID();
  const leave = (): void => {
    const sent = stubOf(configuration.namespace, address).internal({ op: "leave", requestId: requestId ?? "" });
    waitUntil(sent.catch(() => {}));
  };

  async function send(): Promise<void> {
    const stub = stubOf(configuration.namespace, address);
    const { output: transformer } = router._def._config.transformer;
    const open: SentReply["open"] = (ticket, signal) =>
      readStream({ stub, ticket, transformer, track: tracked, signal, waitUntil });
    const onReply = (index: number, reply: Reply): void =>
      settle(index, () => (reply.ok && (reply.stream !== undefined || reply.later) ? { ...reply, open } : reply));
    const onEach = streams && calls.length > 1 ? onReply : undefined;
    const rest = await stub.trpc(caller, calls, device, requestId, onEach);
    for (const [index, reply] of rest.entries()) onReply(index, reply);
    fail(unanswered());
  }

  left?.addEventListener("abort", leave, { once: true });
  void send()
    .catch((cause: unknown) => fail(settingAtFault(cause) ?? cause))
    .finally(() => left?.removeEventListener("abort", leave));
  return replies;
}

function unanswered(): Error {
  return new Error("An object left a call unanswered.");
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
