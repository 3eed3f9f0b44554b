import { TRPCError, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import type { Call } from "../shared/call.js";
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
}

/**
 * Runs a procedure that was found at a call's path.
 *
 * @throws TRPCError NOT_FOUND for another type of call, and the errors of the procedure
 */
export function runProcedure({ router, procedure, call, type, ctx, signal }: RunProcedureOptions): Promise<unknown> {
  const { path, input, lastEventId, batchIndex = 0 } = call;
  if (procedure._def.type !== type)
    return Promise.reject(new TRPCError({ code: "NOT_FOUND", message: `No "${type}"-procedure on path "${path}"` }));
  const getRawInput = type === "subscription" ? rawInputWithCursor(input, lastEventId) : () => Promise.resolve(input);
  const options = { router, path, type, getRawInput, ctx, signal, batchIndex };
  return runnable(procedure)(options);
}
