/**
 * Sets what SQLite forgets between starts: call it in each constructor. Without it, INSERT OR REPLACE removes a row
 * that it clashes with past the triggers, and the change log would miss it. Writes nothing.
 */
export function prepareConnection(sql: SqlStorage): void {
  sql.exec("PRAGMA recursive_triggers = on");
}
