import { TRPCError } from "@trpc/server";
import { ReasonedError, reasonOf } from "../../router/reasoned-error.js";
import type { Refused } from "../../shared/internal.js";

/** Turns an error that was meant for the client into data, so that it can cross RPC. */
export async function catchRefusal<TResult>(work: () => Promise<TResult>): Promise<TResult | Refused> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
    return { refused: { code: error.code, message: error.message, reason: reasonOf(error) } };
  }
}

/** The error again, on the other side. */
export function refusalError({ refused }: Refused): TRPCError {
  const { message, reason } = refused;
  const code = refused.code as TRPCError["code"];
  return reason === undefined ? new TRPCError({ code, message }) : new ReasonedError({ code, message, reason });
}
