import { TRPCError } from "@trpc/server";
import { ValueError } from "./codec/value-error.js";

/** A call that asks for what cannot be. */
export function badRequest(message: string, cause?: unknown): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message, cause });
}

/** What went wrong with one field: a value that its column cannot hold becomes an error that names the field. */
export function fieldError(table: string, field: string, error: unknown): unknown {
  if (!(error instanceof ValueError)) return error;
  return new TRPCError({ code: error.code, message: `The field ${table}.${field} ${error.message}`, cause: error });
}
