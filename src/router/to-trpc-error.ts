import { getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";

/**
 * Converts the error of a call to a TRPCError, and returns a TRPCError unchanged. tRPC also accepts any error with the name
 * "TRPCError", and then fails to send it. Such an error, an unknown code, and an error whose getters throw become unexpected
 * errors. Never throws.
 */
export function toTRPCError(cause: unknown): TRPCError {
  try {
    const error = getTRPCErrorFromUnknown(cause);
    if (isComplete(error)) return error;
    return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: String(error.message), cause: error });
  } catch {
    const message = "The procedure threw a value whose properties cannot be read.";
    return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message, cause: new Error(message) });
  }
}

function isComplete({ code, message, name, cause, stack }: TRPCError): boolean {
  const texts = [message, name, stack ?? ""];
  const isCause = cause === undefined || typeof cause === "object";
  return Object.hasOwn(TRPC_ERROR_CODES_BY_KEY, code) && isCause && texts.every((text) => typeof text === "string");
}
