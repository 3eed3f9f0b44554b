import { getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";

/**
 * The error of a call as a TRPCError: the same object if it is one. tRPC also takes an error for one that only has its name, and
 * then fails to send it. Such an error, one of an unknown code, and one that throws when it is read are unexpected errors. Never
 * throws.
 */
export function toTRPCError(cause: unknown): TRPCError {
  try {
    const error = getTRPCErrorFromUnknown(cause);
    if (isComplete(error)) return error;
    return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: String(error.message), cause: error });
  } catch {
    const message = "The procedure threw a value that throws when it is read.";
    return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message, cause: new Error(message) });
  }
}

function isComplete({ code, message, name, cause, stack }: TRPCError): boolean {
  const texts = [message, name, stack ?? ""];
  const isCause = cause === undefined || typeof cause === "object";
  return Object.hasOwn(TRPC_ERROR_CODES_BY_KEY, code) && isCause && texts.every((text) => typeof text === "string");
}
