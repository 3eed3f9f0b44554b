import { TRPCError } from "@trpc/server";
import type { PreparedTable } from "../prepared-table.js";

/** What went wrong with a write: a unique index's refusal becomes a CONFLICT that names the fields. */
export function writeError(table: PreparedTable, error: unknown): unknown {
  const taken = error instanceof Error ? /UNIQUE constraint failed: ([\w., ]+)/.exec(error.message) : null;
  if (!taken) return error;
  const fields = (taken[1] ?? "").replaceAll(`${table.name}.`, "");
  return new TRPCError({
    code: "CONFLICT",
    message: `The table "${table.name}" has a row with the same ${fields} already.`,
    cause: error,
  });
}
