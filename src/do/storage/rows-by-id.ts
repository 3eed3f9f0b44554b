import type { Row } from "../../router/schema/row.js";
import type { TableDefinition } from "../../router/schema/table.js";
import type { PreparedTable } from "./prepared-table.js";
import { MAX_VALUES, type RawRow, readRaw, type SqlValue } from "./sql-value.js";

/** A row's columns, as they are stored. */
export type StoredRow = Readonly<Record<string, SqlValue>>;

/** Reads rows by their ids, as they are now; one that is gone is missing from the map. */
export function readRowsById(
  sql: SqlStorage,
  table: PreparedTable,
  ids: readonly string[],
): Map<string, Row<TableDefinition>> {
  return readEach(sql, table, ids, (raw) => table.rows.decode(raw) as Row<TableDefinition>);
}

/** The same as they are stored. */
export function readStoredRows(sql: SqlStorage, table: PreparedTable, ids: readonly string[]): Map<string, StoredRow> {
  const names = table.model.columns.map(({ name }) => name);
  return readEach(sql, table, ids, (raw) => Object.fromEntries(names.map((name, index) => [name, raw[index] ?? null])));
}

function readEach<TRow>(
  sql: SqlStorage,
  table: PreparedTable,
  ids: readonly string[],
  read: (raw: RawRow) => TRow,
): Map<string, TRow> {
  const rows = new Map<string, TRow>();
  for (let start = 0; start < ids.length; start += MAX_VALUES) {
    const chunk = ids.slice(start, start + MAX_VALUES);
    const marks = chunk.map(() => "?").join(", ");
    for (const raw of readRaw(sql, `${table.statements.select} WHERE "id" IN (${marks})`, chunk)) {
      // The id is always the first column.
      rows.set(String(raw[0]), read(raw));
    }
  }
  return rows;
}
