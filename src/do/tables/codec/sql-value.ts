/** A value of SQLite. Bytes are bound as a view, and returned as a buffer. */
export type SqlValue = string | number | null | Uint8Array | ArrayBuffer;

/** The maximum number of bound values of a statement in a Durable Object. */
export const MAX_VALUES = 100;

/** A row as `.raw()` returns it: by position, so that the names of columns do not matter. */
export type RawRow = readonly SqlValue[];

/** Runs a statement to its end and returns its rows. Values are bound, never part of the text. */
export function readRaw(sql: SqlStorage, statement: string, values: readonly SqlValue[] = []): RawRow[] {
  return [...sql.exec(statement, ...values).raw()];
}

/** Runs a statement that finds at most one row, by one value. It creates fewer objects than {@link readRaw}. */
export function readFirstRaw(sql: SqlStorage, statement: string, value: SqlValue): RawRow | undefined {
  return sql.exec(statement, value).raw().next().value;
}
