import { TRPCError } from "@trpc/server";
import { ValueError } from "./value-error.js";

/** A call that asks for what cannot be. */
export function badRequest(message: string, cause?: unknown): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message, cause });
}

/** Runs code about one field; a value that its column cannot hold becomes an error that names the field. */
export function forField<TResult>(table: string, field: string, run: () => TResult): TResult {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new TRPCError({ code: error.code, message: `The field ${table}.${field} ${error.message}`, cause: error });
  }
}
