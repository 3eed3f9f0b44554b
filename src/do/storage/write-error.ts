import { TRPCError } from "@trpc/server";
import type { PreparedTable } from "./prepared-table.js";

/**
 * Runs a write; SQLite's refusal because of a unique index becomes an error that a caller can act on.
 *
 * @throws TRPCError CONFLICT that names the fields
 */
export function writing<TResult>(table: PreparedTable, write: () => TResult): TResult {
  try {
    return write();
  } catch (error) {
    const taken = error instanceof Error ? /UNIQUE constraint failed: ([\w., ]+)/.exec(error.message) : null;
    if (!taken) throw error;
    const fields = (taken[1] ?? "").replaceAll(`${table.name}.`, "");
    throw new TRPCError({
      code: "CONFLICT",
      message: `The table "${table.name}" has a row with the same ${fields} already.`,
      cause: error,
    });
  }
}
