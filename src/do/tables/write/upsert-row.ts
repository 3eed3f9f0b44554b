import { badRequest } from "../bad-request.js";
import { encodeColumn } from "../codec/column-codec.js";
import { parseInsert } from "./parse-row.js";
import type { PreparedTable } from "../prepared-table.js";
import { everyRow, rowsSql } from "../query/query-sql.js";
import type { RowWriter } from "./row-writer.js";
import { type RawRow, readRaw } from "../codec/sql-value.js";

/** Changes the row that a unique index knows by its values, or stores a new one. Run it in a transaction. */
export function upsertRow(
  table: PreparedTable,
  { sql, writer }: { readonly sql: SqlStorage; readonly writer: RowWriter },
  values: unknown,
  on: unknown,
): RawRow {
  const names: readonly unknown[] = Array.isArray(on) ? on : [on];
  const columns = names.map(table.column);
  const isUnique = table.model.indexes.some(
    (index) =>
      index.unique &&
      index.columns.length === columns.length &&
      columns.every(({ name }) => index.columns.includes(name)),
  );
  if (!isUnique) {
    throw badRequest(`upsert goes by fields of "${table.name}" that are declared unique together; these are not.`);
  }
  // What the index knows is what the schema makes of the values, not the values as they came.
  const parsed = parseInsert(table, values);
  const where = columns.map((column) => {
    const value = parsed[column.name];
    if (value === null || value === undefined)
      throw badRequest(`upsert needs a value of ${table.name}.${column.name}.`);
    return { column, operator: "==", values: [encodeColumn(column, value)] } as const;
  });
  const statement = rowsSql(table, { ...everyRow, where });
  const [found] = readRaw(sql, statement.text, statement.values);
  return found ? writer.update(found[0] ?? null, values) : writer.insert(values);
}
