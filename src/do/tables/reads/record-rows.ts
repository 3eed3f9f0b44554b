import type { PreparedTable } from "../prepared-table.js";
import type { QueryState } from "../query/query-sql.js";
import { currentRecorder, withoutRecorder } from "./read-recorder.js";
import { simpleConditions } from "../query/simple-condition.js";
import type { RawRow, SqlValue } from "../codec/sql-value.js";

/** The most ids that are recorded. A query that finds more rows depends on every row of its table. */
const MAX_FOUND_IDS = 1_000;

/** Reads the rows of a query, and records its conditions and the ids of the rows instead of the whole table. */
export function recordRows(table: PreparedTable, query: QueryState, read: (query: QueryState) => RawRow[]): RawRow[] {
  const recorder = currentRecorder();
  if (!recorder) return read(query);
  const id = table.column("id");
  const columns = query.select ?? table.model.columns;
  // As the last column, so that decoding the row ignores it.
  const withId = columns.includes(id) ? query : { ...query, select: [...columns, id] };
  const position = (withId.select ?? table.model.columns).indexOf(id);
  const rows = withoutRecorder(() => read(withId));
  // The result also depends on the rows that an offset skips.
  const isKnown = query.offset === 0 && rows.length <= MAX_FOUND_IDS;
  recorder.recordRead({
    table: table.name,
    where: simpleConditions(query.where),
    found: isKnown ? rows.map((row) => String(row[position])) : undefined,
  });
  return rows;
}

/** Runs a query that returns no rows, such as a count, and records its conditions. */
export function recordCount<TResult>(table: PreparedTable, query: QueryState, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder) return read();
  recorder.recordRead({ table: table.name, where: simpleConditions(query.where) });
  return withoutRecorder(read);
}

/** Reads one row by its id, and records the id whether or not the row exists. */
export function recordRow<TResult>(table: string, id: SqlValue, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder || typeof id !== "string") return read();
  recorder.recordRead({ table, where: [{ column: "id", operator: "==", values: [id] }] });
  return withoutRecorder(read);
}

/** Reads the rows whose ids start with a prefix, and records the prefix. */
export function recordPrefix<TResult>(table: string, prefix: string, read: () => TResult): TResult {
  const recorder = currentRecorder();
  if (!recorder) return read();
  const where = prefix === "" ? [] : [{ column: "id", operator: "startsWith", values: [prefix] } as const];
  recorder.recordRead({ table, where });
  return withoutRecorder(read);
}
