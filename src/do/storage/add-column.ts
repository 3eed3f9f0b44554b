export interface NewColumn {
  readonly table: string;
  readonly column: string;
  /** Type and constraints, in SQL. */
  readonly definition: string;
}

/**
 * Adds a column to a table that an earlier version created. Idempotent.
 *
 * @returns whether the column was missing
 */
export function addColumn(sql: SqlStorage, { table, column, definition }: NewColumn): boolean {
  const columns = sql.exec(`PRAGMA table_info(${table})`).toArray();
  if (columns.some(({ name }) => name === column)) return false;
  sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
  return true;
}
