import { z } from "zod";
import type { Column, TableModel } from "../../../router/schema/column.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { encodeColumn } from "../codec/column-codec.js";
import type { StoredTable } from "./schema-plan.js";
import { ownProperty } from "../own-property.js";
import { quoteLiteral, quoteName } from "./sql-text.js";
import { readRaw, type SqlValue } from "../codec/sql-value.js";

/** Characters of SQL. A shorter constant could also be a value that the app chose. */
const MIN_CONSTANT = 18;
const EVALUATIONS = 8;

/**
 * Gives rows a value of their own where a random default, such as `crypto.randomUUID()`, is missing: SQLite fills a new
 * column, and the rows of a version without the column, with one constant. Run it before unique indexes are created.
 *
 * @param before the stored definition of the table; a column that it does not have has just been added
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
    const next = (): SqlValue => evaluateDefault(column, field);
    const values = Array.from({ length: EVALUATIONS }, next);
    // A default that fails, or fills in nothing, is left to the write that needs it.
    if (values.includes(null)) continue;
    const distinct = new Set(values.map(quoteLiteral)).size;
    // The same each time at one moment: a constant, or the time.
    if (distinct === 1) continue;
    const name = quoteName(column.name);
    const isNew = ownProperty(before.columns, column.name) === undefined;
    const constant = isNew ? undefined : defaultOf(sql, model.name, column.name);
    // One of a few values could be a row's own.
    const isUnmistakable = distinct === EVALUATIONS && constant !== undefined && constant.length >= MIN_CONSTANT;
    if (!isNew && !isUnmistakable) continue;
    const rows = readRaw(
      sql,
      `SELECT "id" FROM ${table}${constant === undefined ? "" : ` WHERE ${name} = ${constant}`}`,
    );
    for (const [id = null] of rows) {
      const value = next();
      if (value !== null) sql.exec(`UPDATE ${table} SET ${name} = ? WHERE "id" = ?`, value, id);
    }
  }
}

/** The value that a default fills in; `null` if it fails, because it may depend on a call. */
function evaluateDefault(column: Column, field: z.core.$ZodType): SqlValue {
  try {
    const { data } = z.safeParse(field, undefined);
    return data === undefined || data === null ? null : encodeColumn(column, data);
  } catch {
    return null;
  }
}

/** The constant in a column's definition, as SQL. It is a literal that `quoteLiteral` made. */
function defaultOf(sql: SqlStorage, table: string, column: string): string | undefined {
  const [row] = readRaw(sql, "SELECT dflt_value FROM pragma_table_info(?) WHERE name = ?", [table, column]);
  return typeof row?.[0] === "string" ? row[0] : undefined;
}
