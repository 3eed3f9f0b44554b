import { encodeColumn } from "../codec/column-codec.js";
import { type RawRow, readRaw } from "../codec/sql-value.js";
import type { PreparedTable } from "../prepared-table.js";
import type { TableContext } from "../table-context.js";
import { allRows, rowsSql } from "../query/query-sql.js";
import { badRequest } from "../table-errors.js";
import { parseInsert } from "./parse-row.js";
import { takeAddedValues } from "./added-values.js";
import type { RowWriter } from "./row-writer.js";

/**
 * Updates the row with the same values in the fields of a unique index, or inserts a new row. An existing row keeps its
 * id. Must run in a transaction.
 *
 * @throws ReasonedError BAD_REQUEST: FIELD_UNKNOWN, QUERY_INVALID if the fields have no unique index, VALUE_INVALID if
 * one has no value; otherwise as `insert` and `update`
 */
export function upsertRow(
  table: PreparedTable,
  { sql, writer, setsTimes = false }: Pick<TableContext, "sql" | "setsTimes"> & { readonly writer: RowWriter },
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
    throw badRequest(
      "QUERY_INVALID",
      `The fields of \`on\` have no unique index in "${table.name}". Declare them as \`unique\` in table().`,
    );
  }
  // Rows are stored after the schema has parsed them, so the parsed values identify the row.
  const { fields } = takeAddedValues(table, values, { now: Date.now(), setsTimes });
  const parsed = parseInsert(table, fields);
  const where = columns.map((column) => {
    const value = parsed[column.name];
    if (value === null || value === undefined) {
      throw badRequest("VALUE_INVALID", `The field ${table.name}.${column.name} of \`on\` must have a value.`);
    }
    return { column, operator: "==", values: [encodeColumn(column, value)] } as const;
  });
  const statement = rowsSql(table, { ...allRows, where });
  const [existing] = readRaw(sql, statement.text, statement.values);
  return existing ? writer.update(existing[0] ?? null, fields) : writer.insert(values);
}
