/** What SQLite takes and gives. It takes bytes as a view, and gives them as a buffer. */
export type SqlValue = string | number | null | Uint8Array | ArrayBuffer;

/** As many values as one statement takes in a Durable Object. */
export const MAX_VALUES = 100;

/** A row as `.raw()` gives it: by position, so that no name of a column can get in the way. */
export type RawRow = readonly SqlValue[];

/** Runs a statement to its end and gives its rows. Each value is bound, never spliced. */
export function readRaw(sql: SqlStorage, statement: string, values: readonly SqlValue[] = []): RawRow[] {
  return [...sql.exec(statement, ...values).raw()];
}
