import type { Row } from "../../../router/schema/row.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { isLongColumn } from "./page-bytes.js";
import type { PreparedTable } from "../prepared-table.js";
import { quoteName } from "../schema/sql-text.js";
import { MAX_VALUES, type RawRow, readRaw, type SqlValue } from "../codec/sql-value.js";

/** The columns of a row in their stored form. Values of more than 4 KiB are missing. */
export type StoredRow = Readonly<Record<string, SqlValue>>;

/** The longest value of a stored row, in bytes: all rows of a flush are in memory at once. */
const MAX_STORED_VALUE_BYTES = 4_096;

/** Reads the current rows with some ids. Deleted rows are missing from the map. */
export function readRowsById(
  sql: SqlStorage,
  table: PreparedTable,
  ids: readonly string[],
): Map<string, Row<TableDefinition>> {
  const { select } = table.statements;
  return readEach({ sql, select, ids }, (raw) => table.rows.decode(raw) as Row<TableDefinition>);
}

/** Reads the same rows in their stored form, without long values. */
export function readStoredRows(sql: SqlStorage, table: PreparedTable, ids: readonly string[]): Map<string, StoredRow> {
  const { columns } = table.model;
  const list = columns.map((column) => {
    const name = quoteName(column.name);
    // A BLOB marks a value that is omitted.
    return isLongColumn(column) ? `iif(octet_length(${name}) > ${MAX_STORED_VALUE_BYTES}, x'', ${name})` : name;
  });
  const select = `SELECT ${list.join(", ")} FROM ${quoteName(table.name)}`;
  return readEach({ sql, select, ids }, (raw) => {
    const known = columns.flatMap(({ name }, index): [string, SqlValue][] => {
      const value = raw[index] ?? null;
      return value instanceof ArrayBuffer ? [] : [[name, value]];
    });
    return Object.fromEntries(known);
  });
}

/** Reads the total size of the long columns of rows, in bytes by id. Empty for a table without long columns. */
export function readRowSizes(sql: SqlStorage, table: PreparedTable, ids: readonly string[]): Map<string, number> {
  const long = table.model.columns.filter(isLongColumn);
  if (long.length === 0) return new Map();
  const size = long.map(({ name }) => `coalesce(octet_length(${quoteName(name)}), 0)`).join(" + ");
  const statement = `SELECT "id", ${size} FROM ${quoteName(table.name)} WHERE "id" IN (SELECT value FROM json_each(?))`;
  return new Map(readRaw(sql, statement, [JSON.stringify(ids)]).map(([id, bytes]) => [String(id), Number(bytes)]));
}

interface IdsToRead {
  readonly sql: SqlStorage;
  /** The SELECT without its condition. Its first column is the id. */
  readonly select: string;
  readonly ids: readonly string[];
}

function readEach<TRow>({ sql, select, ids }: IdsToRead, read: (raw: RawRow) => TRow): Map<string, TRow> {
  const rows = new Map<string, TRow>();
  for (let start = 0; start < ids.length; start += MAX_VALUES) {
    const chunk = ids.slice(start, start + MAX_VALUES);
    const placeholders = chunk.map(() => "?").join(", ");
    for (const raw of readRaw(sql, `${select} WHERE "id" IN (${placeholders})`, chunk))
      rows.set(String(raw[0]), read(raw));
  }
  return rows;
}
