import { readFirstRaw } from "../codec/sql-value.js";
import { fitsRow } from "../codec/value-size.js";
import type { PreparedTable } from "../prepared-table.js";
import type { TableContext } from "../table-context.js";
import { rowTooLarge, toWriteError } from "../table-errors.js";

/** A row with fields that the schema has parsed and checked. Times are milliseconds since the epoch. */
interface ParsedRow {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fields: Record<string, unknown>;
}

/**
 * Inserts a row, unless a row has its id.
 *
 * @returns whether it was inserted
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID), CONFLICT (UNIQUE_CONFLICT), PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
 */
export function insertParsed(
  table: PreparedTable,
  { sql, onWrite }: Pick<TableContext, "sql" | "onWrite">,
  { id, createdAt, updatedAt, fields }: ParsedRow,
): boolean {
  const { statements } = table;
  if (readFirstRaw(sql, statements.find, id)) return false;
  // Every table has its columns in this order.
  const row = [id, ...table.encodeFields(fields), createdAt, updatedAt];
  if (!fitsRow(row)) throw rowTooLarge(table.name);
  try {
    sql.exec(statements.insert(1), ...row);
  } catch (error) {
    throw toWriteError(table.name, error);
  }
  onWrite(1);
  return true;
}
