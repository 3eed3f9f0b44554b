import type { PreparedTable } from "../prepared-table.js";
import type { QueryState } from "../query/query-sql.js";
import { currentRecorder, unrecorded } from "./read-recorder.js";
import { simpleConditions } from "../query/simple-condition.js";
import type { RawRow, SqlValue } from "../codec/sql-value.js";

/** Above this a query is taken to have looked at any row. */
const MOST_FOUND = 1_000;

/** Reads a query's rows. A live query is told which ones it asked for and found, rather than that it read the table. */
export function recordRows(table: PreparedTable, query: QueryState, read: (query: QueryState) => RawRow[]): RawRow[] {
  const recorder = currentRecorder();
  if (!recorder) return read(query);
  const id = table.column("id");
  const columns = query.select ?? table.model.columns;
  // Last, where whoever decodes the row does not look.
  const asked = columns.includes(id) ? query : { ...query, select: [...columns, id] };
  const position = (asked.select ?? table.model.columns).indexOf(id);
  const rows = unrecorded(() => read(asked));
  // What an offset leaves out was looked at too.
  const known = query.offset === 0 && rows.length <= MOST_FOUND;
  recorder.read({
    table: table.name,
    where: simpleConditions(query.where),
    found: known ? rows.map((row) => String(row[position])) : undefined,
  });
  return rows;
}

/** The same for a query that does not answer rows. */
export function recordCount<TResult>(table: PreparedTable, query: QueryState, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder) return read();
  recorder.read({ table: table.name, where: simpleConditions(query.where) });
  return unrecorded(read);
}

/** Reads one row of a table, or finds that it is not there. */
export function recordRow<TResult>(table: string, id: SqlValue, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder || typeof id !== "string") return read();
  recorder.read({ table, where: [{ column: "id", operator: "==", values: [id] }] });
  return unrecorded(read);
}

/** Reads the rows of a table whose ids begin alike. */
export function recordPrefix<TResult>(table: string, prefix: string, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder) return read();
  recorder.read({ table, where: prefix === "" ? [] : [{ column: "id", operator: "startsWith", values: [prefix] }] });
  return unrecorded(read);
}
