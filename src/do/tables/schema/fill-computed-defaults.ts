import { z } from "zod";
import type { Column, TableModel } from "../../../router/schema/column.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { encodeColumn } from "../codec/column-codec.js";
import type { StoredTable } from "./schema-plan.js";
import { ownProperty } from "../own-property.js";
import { quoteLiteral, quoteName } from "./sql-text.js";
import { readRaw, type SqlValue } from "../codec/sql-value.js";

/** The minimum length of a constant in SQL. A shorter one could also be a value that the app wrote. */
const MIN_CONSTANT_CHARACTERS = 18;
/** How often a default is evaluated to find out whether it is random. */
const EVALUATIONS = 8;

/**
 * Evaluates a random default, such as `crypto.randomUUID()`, for each row that does not have a value of its own. SQLite
 * fills a new column, and rows of a version without the column, with one constant. Must run before unique indexes are
 * created.
 *
 * @param before the stored schema of the table before the upgrade
 */
export function fillComputedDefaults(
  sql: SqlStorage,
  model: TableModel,
  { definition, before }: { readonly definition: TableDefinition; readonly before: StoredTable },
): void {
  const table = quoteName(model.name);
  for (const column of model.columns) {
    const field = column.hasDefault && definition.schema.shape[column.name];
    if (!field) continue;
    const evaluate = (): SqlValue => evaluateDefault(column, field);
    const values = Array.from({ length: EVALUATIONS }, evaluate);
    // A default that fails or has no value only matters to a write that needs it.
    if (values.includes(null)) continue;
    const distinct = new Set(values.map(quoteLiteral)).size;
    // Equal values at one moment are a constant or the current time, which rows can share.
    if (distinct === 1) continue;
    const name = quoteName(column.name);
    const isNew = ownProperty(before.columns, column.name) === undefined;
    const constant = isNew ? undefined : readConstant(sql, model.name, column.name);
    // Otherwise the app could have written the constant to a row.
    const isCertainlyFilled =
      distinct === EVALUATIONS && constant !== undefined && constant.length >= MIN_CONSTANT_CHARACTERS;
    if (!isNew && !isCertainlyFilled) continue;
    const rows = readRaw(
      sql,
      `SELECT "id" FROM ${table}${constant === undefined ? "" : ` WHERE ${name} = ${constant}`}`,
    );
    for (const [id = null] of rows) {
      const value = evaluate();
      if (value !== null) sql.exec(`UPDATE ${table} SET ${name} = ? WHERE "id" = ?`, value, id);
    }
  }
}

/** Evaluates a default. Returns `null` if it throws, because it may depend on a call. */
function evaluateDefault(column: Column, field: z.core.$ZodType): SqlValue {
  try {
    const { data } = z.safeParse(field, undefined);
    return data === undefined || data === null ? null : encodeColumn(column, data);
  } catch {
    return null;
  }
}

/** Reads the default of a stored column as SQL, as `quoteLiteral` created it. */
function readConstant(sql: SqlStorage, table: string, column: string): string | undefined {
  const [row] = readRaw(sql, "SELECT dflt_value FROM pragma_table_info(?) WHERE name = ?", [table, column]);
  return typeof row?.[0] === "string" ? row[0] : undefined;
}
