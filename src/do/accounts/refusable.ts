import { TRPCError } from "@trpc/server";
import { ReasonedError, reasonOf } from "../../router/reasoned-error.js";
import type { RefusedResult } from "../../shared/internal.js";

/** Returns an error for the client as data, so that it can cross RPC. Throws unexpected errors. */
export async function catchRefusal<TResult>(work: () => Promise<TResult>): Promise<TResult | RefusedResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
    return { refused: { code: error.code, message: error.message, reason: reasonOf(error) } };
  }
}

/** Restores the error on the other side of RPC. */
export function refusalError({ refused }: RefusedResult): TRPCError {
  const { message, reason } = refused;
  const code = refused.code as TRPCError["code"];
  return reason === undefined ? new TRPCError({ code, message }) : new ReasonedError({ code, message, reason });
}
