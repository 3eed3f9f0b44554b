import type { Operation, OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observableToPromise } from "@trpc/server/observable";

/**
 * Sends a call that the client itself makes, and returns its result.
 *
 * @throws TRPCClientError
 */
export type CallOverHttp = (call: Pick<Operation, "type" | "path" | "input">) => Promise<unknown>;

/** The id of an operation that the client itself started. The ids of tRPC start at 1. */
export const OWN_CALL = 0;

/** Returns a function that sends the client's own calls over a link. */
export function callOver(link: OperationLink<AnyTRPCRouter>): CallOverHttp {
  return async (call) => {
    const op = { id: OWN_CALL, context: {}, signal: null, ...call };
    // The link is the terminating one, so it does not call `next`.
    const { result } = await observableToPromise(link({ op, next: link as never }));
    return "data" in result ? result.data : undefined;
  };
}
