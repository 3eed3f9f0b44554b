import type { Row } from "../../../router/schema/row.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { isLongColumn } from "./page-bytes.js";
import type { PreparedTable } from "../prepared-table.js";
import { quoteName } from "../schema/sql-text.js";
import { MAX_VALUES, type RawRow, readRaw, type SqlValue } from "../codec/sql-value.js";

/** A row's columns, as they are stored. Values of more than 4 KiB are missing. */
export type StoredRow = Readonly<Record<string, SqlValue>>;

/** Longest value of a stored row, in bytes: those of all rows of a flush are in memory at once. */
const STORED_VALUE_BYTES = 4_096;

/** Reads rows by their ids, as they are now; one that is gone is missing from the map. */
export function readRowsById(
  sql: SqlStorage,
  table: PreparedTable,
  ids: readonly string[],
): Map<string, Row<TableDefinition>> {
  const { select } = table.statements;
  return readEach({ sql, select, ids }, (raw) => table.rows.decode(raw) as Row<TableDefinition>);
}

/** The same as they are stored, without long values. */
export function readStoredRows(sql: SqlStorage, table: PreparedTable, ids: readonly string[]): Map<string, StoredRow> {
  const { columns } = table.model;
  const list = columns.map((column) => {
    const name = quoteName(column.name);
    // A BLOB takes the place of a value that is left out.
    return isLongColumn(column) ? `iif(octet_length(${name}) > ${STORED_VALUE_BYTES}, x'', ${name})` : name;
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

/** How many bytes the long columns of rows take, by id. Empty for a table that has none. */
export function readRowSizes(sql: SqlStorage, table: PreparedTable, ids: readonly string[]): Map<string, number> {
  const long = table.model.columns.filter(isLongColumn);
  if (long.length === 0) return new Map();
  const size = long.map(({ name }) => `coalesce(octet_length(${quoteName(name)}), 0)`).join(" + ");
  const statement = `SELECT "id", ${size} FROM ${quoteName(table.name)} WHERE "id" IN (SELECT value FROM json_each(?))`;
  return new Map(readRaw(sql, statement, [JSON.stringify(ids)]).map(([id, bytes]) => [String(id), Number(bytes)]));
}

interface IdsToRead {
  readonly sql: SqlStorage;
  /** Reads the id first. */
  readonly select: string;
  readonly ids: readonly string[];
}

function readEach<TRow>({ sql, select, ids }: IdsToRead, read: (raw: RawRow) => TRow): Map<string, TRow> {
  const rows = new Map<string, TRow>();
  for (let start = 0; start < ids.length; start += MAX_VALUES) {
    const chunk = ids.slice(start, start + MAX_VALUES);
    const marks = chunk.map(() => "?").join(", ");
    for (const raw of readRaw(sql, `${select} WHERE "id" IN (${marks})`, chunk)) rows.set(String(raw[0]), read(raw));
  }
  return rows;
}
