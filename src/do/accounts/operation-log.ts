const DAY_MS = 24 * 60 * 60_000;
/** Longer than any caller repeats an operation. */
const RETENTION_MS = 7 * DAY_MS;

export const operationLogSchema =
  "CREATE TABLE IF NOT EXISTS _operations (id TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID";

/** The operations of operators that this object has executed, so that a repeat has no second effect. */
export function createOperationLog(sql: SqlStorage) {
  return {
    has: (id: string): boolean => sql.exec("SELECT 1 FROM _operations WHERE id = ?", id).toArray().length > 0,

    /** Call it in the transaction of the effect. */
    add(id: string): void {
      const now = Date.now();
      sql.exec("DELETE FROM _operations WHERE at < ?", now - RETENTION_MS);
      sql.exec("INSERT INTO _operations (id, at) VALUES (?, ?)", id, now);
    },
  };
}

export type OperationLog = ReturnType<typeof createOperationLog>;
