import { TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import superjson, { type SuperJSONResult } from "superjson";
import { checkWireValue, WireError } from "../shared/wire-guard/wire-guard.js";

/**
 * How values travel between a client and the server: superjson, so a stock client sets `transformer: superjson`.
 * What comes from a client is checked before superjson sees it; what the app answers is not.
 */
export const transformer: TRPCCombinedDataTransformer = {
  input: { serialize: (value: unknown) => superjson.serialize(value), deserialize: deserializeInput },
  output: {
    serialize: (value: unknown) => superjson.serialize(value),
    deserialize: (payload: SuperJSONResult) => superjson.deserialize(payload),
  },
};

/** @throws TRPCError BAD_REQUEST that says what to send instead */
function deserializeInput(payload: unknown): unknown {
  if (isNothing(payload)) return undefined;
  try {
    return superjson.deserialize(checkWireValue(payload) as SuperJSONResult, { inPlace: true });
  } catch (cause) {
    const message =
      cause instanceof WireError
        ? cause.message
        : "The input's superjson meta cannot be read. Send both as superjson.serialize makes them.";
    throw new TRPCError({ code: "BAD_REQUEST", message, cause });
  }
}

/** No input at all, as a client without arguments may send it over a socket: left out, or superjson's `{}`. */
function isNothing(payload: unknown): boolean {
  return (
    payload === undefined || (typeof payload === "object" && payload !== null && Object.keys(payload).length === 0)
  );
}
