import type { TRPCCombinedDataTransformer } from "@trpc/server";
import superjson, { type SuperJSONResult } from "superjson";
import { metaMismatch, WireError } from "../shared/wire-guard/wire-error.js";
import { checkWireValue } from "../shared/wire-guard/wire-guard.js";
import { ReasonedError } from "./reasoned-error.js";
import { serializePlain } from "./serialize-plain.js";

/**
 * Serializes values with superjson, so a stock client sets `transformer: superjson`. Inputs are checked before superjson
 * reads them, because they are untrusted; results are not.
 */
export const transformer: TRPCCombinedDataTransformer = {
  input: { serialize, deserialize: deserializeInput },
  output: {
    serialize,
    deserialize: (payload: SuperJSONResult) => superjson.deserialize(payload),
  },
};

/** @throws Error for a value that superjson cannot serialize */
function serialize(value: unknown): SuperJSONResult {
  return serializePlain(value) ?? superjson.serialize(value);
}

/** @throws ReasonedError BAD_REQUEST (INPUT_MALFORMED, INPUT_TOO_DEEP, INPUT_TOO_COMPLEX) */
function deserializeInput(payload: unknown): unknown {
  if (isAbsent(payload)) return undefined;
  try {
    return superjson.deserialize(checkWireValue(payload) as SuperJSONResult, { inPlace: true });
  } catch (cause) {
    const { reason, message } = cause instanceof WireError ? cause : metaMismatch();
    throw new ReasonedError({ code: "BAD_REQUEST", reason, message, cause });
  }
}

/** Whether a call has no input. Over a socket, a client without arguments sends nothing, or superjson's `{}`. */
function isAbsent(payload: unknown): boolean {
  return (
    payload === undefined || (typeof payload === "object" && payload !== null && Object.keys(payload).length === 0)
  );
}
