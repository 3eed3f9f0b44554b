import { TRPCError, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import type { Call } from "../shared/call.js";
import { RESOLVED, type CallOptions } from "./runner/middleware.js";
import { runnable } from "./runner/runnable.js";
import { rawInputWithCursor } from "./stream-cursor.js";

export interface RunProcedureOptions {
  /** Passed to middlewares, as tRPC does. */
  readonly router: AnyTRPCRouter;
  readonly procedure: AnyTRPCProcedure;
  readonly call: Call;
  readonly type: NonNullable<Call["type"]>;
  readonly ctx: object;
  readonly signal: AbortSignal | undefined;
  /**
   * Called in the transaction of a mutation's resolver with its result, which is a promise if the resolver is `async`.
   * @default nothing
   */
  readonly onResolved?: CallOptions[typeof RESOLVED] | undefined;
}

/**
 * Runs a procedure that was found at a call's path.
 *
 * @throws TRPCError NOT_FOUND for another type of call, and the errors of the procedure
 */
export function runProcedure(given: RunProcedureOptions): Promise<unknown> {
  const { router, procedure, call, type, ctx, signal, onResolved } = given;
  const { path, input, lastEventId, batchIndex = 0 } = call;
  if (procedure._def.type !== type)
    return Promise.reject(new TRPCError({ code: "NOT_FOUND", message: `No "${type}"-procedure on path "${path}"` }));
  const getRawInput = type === "subscription" ? rawInputWithCursor(input, lastEventId) : () => Promise.resolve(input);
  const options = { router, path, type, getRawInput, ctx, signal, batchIndex };
  return runnable(procedure)(onResolved ? Object.assign(options, { [RESOLVED]: onResolved }) : options);
}
