import type { Row } from "../../router/schema/row.js";
import type { TableDefinition } from "../../router/schema/table.js";
import type { PreparedTable } from "./prepared-table.js";
import { readRaw } from "./sql-value.js";

/** As many values as one statement takes. */
const CHUNK = 100;

/** Reads rows by their ids, as they are now; one that is gone is missing from the map. */
export function readRowsById(
  sql: SqlStorage,
  table: PreparedTable,
  ids: readonly string[],
): Map<string, Row<TableDefinition>> {
  const rows = new Map<string, Row<TableDefinition>>();
  for (let start = 0; start < ids.length; start += CHUNK) {
    const chunk = ids.slice(start, start + CHUNK);
    const marks = chunk.map(() => "?").join(", ");
    for (const raw of readRaw(sql, `${table.statements.select} WHERE "id" IN (${marks})`, chunk)) {
      // The id is always the first column.
      rows.set(String(raw[0]), table.rows.decode(raw) as Row<TableDefinition>);
    }
  }
  return rows;
}
