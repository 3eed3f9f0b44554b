import { TRPCError } from "@trpc/server";
import type { z } from "zod";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import { ReasonedError, reasonOf } from "../../router/reasoned-error.js";
import type { ImportedData, ImportOutcome } from "../../shared/import-requests.js";
import { parseImported, readImportedFields } from "../fields/read-imported.js";
import { importEntry, type ImportEntryOptions } from "../kv/import-entry.js";
import type { PreparedTable } from "../tables/prepared-table.js";
import type { TableProblems } from "../tables/schema/apply-plan.js";
import { badRequest } from "../tables/table-errors.js";
import { takeAddedValues } from "../tables/write/added-values.js";
import { insertParsed } from "../tables/write/insert-parsed.js";
import { describeIssues } from "../tables/write/parse-row.js";
import { importedRowId } from "./imported-row-id.js";
import { toTime } from "./import-times.js";

export interface ImportDataOptions {
  readonly sql: SqlStorage;
  readonly tables: ReadonlyMap<string, PreparedTable>;
  /** The error messages of tables that cannot be used. */
  readonly problems: TableProblems;
  readonly kv: Omit<ImportEntryOptions, "schemas"> & { readonly schemas: KvSchemas };
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /** Called after each write of a row. */
  readonly onWrite: (rows: number) => void;
}

type Row = Extract<ImportedData, { type: "row" }>;

/** Stores rows and keys. Existing ones stay as they are, so that a repeated import changes nothing. */
export function importData(options: ImportDataOptions, records: readonly ImportedData[]): ImportOutcome[] {
  const { transactionSync } = options;
  // A nested transaction rolls back one record. The outer one writes all of them at once.
  return transactionSync(() =>
    records.map((record) => {
      try {
        const isNew = transactionSync(() =>
          record.type === "row" ? importRow(options, record) : importEntry(options.kv, record),
        );
        return isNew ? "imported" : "unchanged";
      } catch (error) {
        if (!(error instanceof TRPCError) || error.code === "INTERNAL_SERVER_ERROR") throw error;
        return { reason: reasonOf(error) ?? "VALUE_INVALID", message: error.message };
      }
    }),
  );
}

/** Returns whether the row is new. */
function importRow(options: ImportDataOptions, { table: name, data, isStored }: Row): boolean {
  const { sql, tables, problems, onWrite } = options;
  const problem = problems.get(name);
  if (problem !== undefined)
    throw new ReasonedError({ code: "SERVICE_UNAVAILABLE", reason: "UPGRADE_FAILED", message: problem });
  const table = tables.get(name);
  if (!table)
    throw badRequest(
      "TABLE_UNKNOWN",
      `The owner has no table "${name.slice(0, 80)}". Declare it, or rename the table.`,
    );
  const { id, createdAt, updatedAt, ...fields } = data;
  if (typeof id !== "string" || id === "" || id.length > 256)
    throw badRequest("VALUE_INVALID", `The id of an imported row of "${name}" is not a text of 1 to 256 characters.`);
  const now = Date.now();
  const times = { createdAt: toTime(createdAt), updatedAt: toTime(updatedAt) };
  const added = takeAddedValues(table, { ...fields, ...times }, { now, setsTimes: true });
  // Without a time, the id must not depend on the time of the import.
  const at = times.createdAt === undefined && times.updatedAt === undefined ? 0 : added.createdAt;
  const read = readImportedFields(table.schema, added.fields, isStored);
  if (read.issues.length > 0) throw rowRefused(name, read.issues);
  const checked = table.rules ? parseImported(table.rules, read.data) : ({ success: true, data: read.data } as const);
  if (!checked.success) throw rowRefused(name, checked.issues);
  const { createdAt: created, updatedAt: updated } = added;
  const row = {
    id: importedRowId(name, id, at),
    createdAt: created,
    updatedAt: updated,
    fields: checked.data as Record<string, unknown>,
  };
  return insertParsed(table, { sql, onWrite }, row);
}

function rowRefused(name: string, issues: readonly z.core.$ZodIssue[]): Error {
  return badRequest("VALUE_INVALID", `The table "${name}" does not accept this row. ${describeIssues(issues)}`);
}
