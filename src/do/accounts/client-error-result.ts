import { TRPCError } from "@trpc/server";
import { ReasonedError, reasonOf } from "../../router/reasoned-error.js";
import type { ClientFailure } from "../../shared/client-failure.js";
import { failure } from "../../shared/result.js";

/** Returns an error for the client as data, so that it can cross RPC. Throws unexpected errors. */
export async function catchClientError<TResult>(work: () => Promise<TResult>): Promise<TResult | ClientFailure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
    return {
      ...failure("CLIENT_ERROR"),
      error: { code: error.code, message: error.message, reason: reasonOf(error) },
    };
  }
}

/** Restores the error on the other side of RPC. */
export function clientError({ error: { code: name, message, reason } }: ClientFailure): TRPCError {
  const code = name as TRPCError["code"];
  return reason === undefined ? new TRPCError({ code, message }) : new ReasonedError({ code, message, reason });
}
