import { tracked, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { placementOf } from "../router/kind.js";
import { runCall, shapeError, type OnError } from "../router/run-call.js";
import type { Call, Reply } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import type { Device } from "../shared/device.js";
import { stubOf } from "../shared/object-stub.js";
import { toName, type Address } from "../shared/owner.js";
import { settingAtFault, type Configuration } from "./configuration.js";
import { readStream } from "./read-stream.js";
import { whose } from "./whose.js";

/** A call whose procedure is known. */
export interface KnownCall extends Call {
  readonly procedure: AnyTRPCProcedure;
}

/** A reply, and how to read the stream that it told of. */
export type SentReply = Reply & { readonly open?: (signal: AbortSignal | undefined) => AsyncIterable<unknown> };

export interface SendCallsOptions {
  readonly router: AnyTRPCRouter;
  readonly configuration: Configuration;
  readonly caller: Caller;
  readonly device: Device;
  readonly env: object;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
  readonly onError: OnError;
}

/**
 * Sends the calls of one request to the objects that own their data: all calls for one object as one RPC.
 * The replies come in the order of the calls, each as soon as its object has answered.
 */
export function sendCalls(calls: readonly KnownCall[], options: SendCallsOptions): Promise<SentReply>[] {
  const { router, configuration, caller, device, env, extendContext, onError } = options;
  const fail = (call: Call, cause: unknown): Reply => {
    return { ok: false, error: shapeError({ router, call, ctx: { caller, env }, cause, onError }) };
  };

  async function runHere(call: Call): Promise<Reply> {
    try {
      const base = { caller, env };
      const ctx = { ...base, ...(await extendContext?.(base)) };
      return await runCall({ router, call, ctx, onError });
    } catch (cause) {
      return fail(call, cause);
    }
  }

  // The addresses are settled first, all of them, so that what belongs together can go together.
  const addresses = Promise.all(
    calls.map(async (call): Promise<Address | "here" | { readonly refused: unknown }> => {
      try {
        return await whose(placementOf(call.procedure), call, caller, configuration);
      } catch (refused) {
        return { refused };
      }
    }),
  );

  const sent = addresses.then((settled) => {
    const groups = new Map<string, { address: Address; members: Call[] }>();
    const places = settled.map((address, index) => {
      const call = toCall(calls[index]);
      if (address === "here") return () => runHere(call);
      if ("refused" in address) return () => Promise.resolve(fail(call, address.refused));
      const name = toName(address);
      const group = groups.get(name) ?? { address, members: [] };
      groups.set(name, group);
      const position = group.members.push(call) - 1;
      return async () =>
        (await replies.get(name))?.[position] ?? fail(call, new Error("An object left a call unanswered."));
    });
    const replies = new Map(Array.from(groups, ([name, { address, members }]) => [name, ask(address, members)]));
    return places.map((reply) => reply());
  });

  async function ask(address: Address, members: readonly Call[]): Promise<SentReply[]> {
    try {
      const stub = stubOf(configuration.namespace, address);
      const { output: transformer } = router._def._config.transformer;
      return (await stub.trpc(caller, members, device)).map((reply): SentReply => {
        const ticket = reply.ok ? reply.stream : undefined;
        return ticket === undefined
          ? reply
          : { ...reply, open: (signal) => readStream({ stub, ticket, transformer, track: tracked, signal }) };
      });
    } catch (cause) {
      return members.map((call) => fail(call, settingAtFault(cause) ?? cause));
    }
  }

  return calls.map(async (call, index) => (await sent)[index] ?? fail(call, new Error("A call was lost.")));
}

function toCall(known: KnownCall | undefined): Call {
  const { path = "", type, input, refreshCookie, lastEventId } = known ?? {};
  return { path, type, input, refreshCookie, lastEventId };
}
