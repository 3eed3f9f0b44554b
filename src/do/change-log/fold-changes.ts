import type { Cursor } from "../../shared/cursor.js";

/** The type of write that an entry of the log records. */
export type LogType = (typeof LOG_TYPES)[number];

export const LOG_TYPES = ["create", "update", "delete"] as const;

/** One entry of the change log. */
export interface LogEntry {
  readonly table: string;
  readonly id: string;
  readonly type: LogType;
  readonly cursor: Cursor;
}

/** The net change of one row, with the cursor of the last entry about it. */
export type NetChange = LogEntry;

/**
 * Folds entries, oldest first, into the net change of each row, in the order of the rows' last entries. A row that was
 * created and then deleted is left out. A row that was deleted and then created again counts as updated.
 */
export function foldChanges(entries: Iterable<LogEntry>): NetChange[] {
  const rows = new Map<string, { first: LogType; last: LogEntry }>();
  for (const entry of entries) {
    // Names of tables have no spaces, so each row has its own key.
    const key = `${entry.table} ${entry.id}`;
    const first = rows.get(key)?.first ?? entry.type;
    // Deleted first, so that the row moves to the end of the map.
    rows.delete(key);
    rows.set(key, { first, last: entry });
  }
  return [...rows.values()].flatMap(({ first, last }) => {
    const type = netType(first, last.type);
    return type ? [{ ...last, type }] : [];
  });
}

/** The net change of a row. Its first entry shows whether it existed before, its last whether it exists now. */
export function netType(first: LogType, last: LogType): LogType | undefined {
  if (first === "create") return last === "delete" ? undefined : "create";
  return last === "delete" ? "delete" : "update";
}
