import type { Operation, OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observableToPromise } from "@trpc/server/observable";

/**
 * Makes a call of the client itself, and returns its result.
 *
 * @throws TRPCClientError
 */
export type CallOverHttp = (call: Pick<Operation, "type" | "path" | "input">) => Promise<unknown>;

/** The id of an operation that the client itself started. tRPC's own begin with 1. */
export const OWN_CALL = 0;

/** Makes calls beside those of the app. */
export function callOver(link: OperationLink<AnyTRPCRouter>): CallOverHttp {
  return async (call) => {
    const op = { id: OWN_CALL, context: {}, signal: null, ...call };
    // The link is the last one, so it calls no next one.
    const { result } = await observableToPromise(link({ op, next: link as never }));
    return "data" in result ? result.data : undefined;
  };
}
