import type { Cursor } from "../../shared/cursor.js";

/** What an entry of the log says of a row. */
export type LogType = (typeof LOG_TYPES)[number];

export const LOG_TYPES = ["create", "update", "delete"] as const;

/** One entry of the change log. */
export interface LogEntry {
  readonly table: string;
  readonly id: string;
  readonly type: LogType;
  readonly cursor: Cursor;
}

/** What came of one row, and the last entry about it. */
export type NetChange = LogEntry;

/**
 * Folds entries, oldest first, into what came of each row, in the order of the rows' last entries. A row that was
 * created and deleted is left out; one that was deleted and created again was updated.
 */
export function foldChanges(entries: Iterable<LogEntry>): NetChange[] {
  const rows = new Map<string, { first: LogType; last: LogEntry }>();
  for (const entry of entries) {
    // A table's name has no space, so no two rows share a key.
    const key = `${entry.table} ${entry.id}`;
    const first = rows.get(key)?.first ?? entry.type;
    // Deleted first, so that the row moves to the end: a map keeps the order in which keys came.
    rows.delete(key);
    rows.set(key, { first, last: entry });
  }
  return [...rows.values()].flatMap(({ first, last }) => {
    const type = netType(first, last.type);
    return type ? [{ ...last, type }] : [];
  });
}

/** What came of a row: whether it existed before shows in its first entry, whether it does now in its last. */
export function netType(first: LogType, last: LogType): LogType | undefined {
  if (first === "create") return last === "delete" ? undefined : "create";
  return last === "delete" ? "delete" : "update";
}
