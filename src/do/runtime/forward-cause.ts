import { TRPCError } from "@trpc/server";
import type { Caller } from "../../shared/caller.js";
import type { ForwardedCause } from "../../shared/forwarded-cause.js";
import { isCloneable } from "./pack-reply.js";

/**
 * Returns the cause of an error for server callers, which are code of the app. Clients over HTTP and sockets never receive
 * it. The cause of an unexpected error is only logged.
 */
export function forwardCause(caller: Caller, error: unknown): { readonly cause?: ForwardedCause } {
  const isServer = caller.type === "system" || (caller.type === "user" && caller.via === "rpc");
  if (!isServer || !(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") return {};
  try {
    const { cause } = error;
    return cause ? { cause: toForwarded(cause) } : {};
  } catch {
    // A cause that throws when it is read must not fail the other calls of the batch.
    return {};
  }
}

function toForwarded(cause: Error): ForwardedCause {
  const issues: unknown = "issues" in cause ? cause.issues : undefined;
  const forwarded = { name: String(cause.name), message: String(cause.message) };
  return { ...forwarded, ...(Array.isArray(issues) && isCloneable(issues) && { issues }) };
}
