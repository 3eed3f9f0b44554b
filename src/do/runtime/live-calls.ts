import type { AnyTRPCProcedure } from "@trpc/server";
import { callerChecksOf } from "../../router/caller-check.js";
import { resolveNested } from "../../router/resolve-nested.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { socketContext } from "../lifecycle/request-context.js";
import type { ObjectPolicy } from "../objects/object-policy.js";
import { createStreamScope, type StreamScope } from "../sockets/stream-scope.js";
import { currentRecorder } from "../tables/reads/read-recorder.js";
import type { createCallPreparer } from "./prepare-call.js";

export interface LiveCallsOptions extends Pick<ReturnType<typeof createCallPreparer>, "prepare" | "run"> {
  readonly policy: ObjectPolicy;
  /** @throws TRPCError NOT_FOUND if there is no procedure at the path of a call */
  readonly findProcedure: (call: Call) => AnyTRPCProcedure | Promise<AnyTRPCProcedure>;
}

/** Creates the functions that run live queries, inside a recorder. */
export function createLiveCalls({ policy, findProcedure, prepare, run }: LiveCallsOptions) {
  /** Prepares a live query, and records the reads that the access of its caller depends on. */
  async function prepareLiveCall(caller: Caller, call: Call) {
    const recorder = currentRecorder();
    for (const read of policy.accessReads?.(caller) ?? []) recorder?.recordRead(read);
    const procedure = await findProcedure(call);
    const scope = (): StreamScope => createStreamScope().scope;
    return prepare({ request: socketContext(caller), call, procedure, transport: "socket", scope, isLive: true });
  }

  return {
    async runLive(caller: Caller, call: Call): Promise<unknown> {
      const prepared = await prepareLiveCall(caller, call);
      return resolveNested(await run(prepared));
    },

    /** Repeats the checks that depend on the caller, for a query with a result that callers share. */
    async checkCallers(caller: Caller, call: Call): Promise<void> {
      const { options, ctx } = await prepareLiveCall(caller, call);
      for (const check of callerChecksOf(options.procedure)) await check(ctx);
    },
  };
}
