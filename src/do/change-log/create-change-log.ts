import { type Cursor, formatCursor } from "../../shared/cursor.js";
import { foldChanges, type LogEntry, type LogType, type NetChange } from "./fold-changes.js";
import type { IndexedEntry } from "./log-index.js";
import { lazy } from "../lifecycle/lazy.js";
import { createLogIndexCache } from "./log-index-cache.js";
import { readRaw, type SqlValue } from "../tables/codec/sql-value.js";

/** The entries after one cursor, up to and including another. */
export interface LogRange {
  readonly after: Cursor;
  readonly until: Cursor;
}

export interface ReadOptions extends LogRange {
  /**
   * Limits the changes to these tables.
   * @default all
   */
  readonly tables?: readonly string[] | undefined;
  /**
   * Limits the changes to rows with matching ids.
   * @default all
   */
  readonly matches?: ((id: string) => boolean) | undefined;
  /**
   * The last change of the previous page. The range stays the same for all pages, because net changes depend on all of it.
   * @default the start of the range
   */
  readonly from?: Cursor | undefined;
  /**
   * Maximum number of changes.
   * @default all
   */
  readonly limit?: number | undefined;
}

/** Number of entries above which a gap is read through an index, which all pages and cursors share. */
const LONG_GAP = 512;

const ENTRY = 'seq, lower(hex(nonce)), "table", type, id';

/** Reads the change log, which triggers of the tables write. */
export function createChangeLog(sql: SqlStorage) {
  const indexes = lazy(() => createLogIndexCache(sql));

  function withNonces(table: string, entries: readonly IndexedEntry[]): NetChange[] {
    const wanted = JSON.stringify(entries.map(({ seq }) => seq));
    const cursors = readRaw(
      sql,
      "SELECT seq, lower(hex(nonce)) FROM _changes WHERE seq IN (SELECT value FROM json_each(?))",
      [wanted],
    ).map(toCursor);
    const cursorOf = new Map(cursors.map((cursor) => [cursor.seq, cursor]));
    return entries.flatMap(({ seq, type, id }) => {
      const cursor = cursorOf.get(seq);
      return cursor ? [{ table, id, type, cursor }] : [];
    });
  }

  return {
    /** Returns the cursor of the newest entry. */
    head(): Cursor {
      const [row] = readRaw(sql, "SELECT seq, lower(hex(nonce)) FROM _changes ORDER BY seq DESC LIMIT 1");
      if (!row)
        throw new Error(
          "The change log is empty, but initialization creates its first entry. Do not delete rows of `_changes`.",
        );
      return toCursor(row);
    },

    /**
     * Whether the log has all entries after a cursor. It does not if entries after the cursor were pruned, or if the cursor
     * is of another object, was rolled back or is forged.
     */
    check(cursor: Cursor): boolean {
      const entries = readRaw(sql, "SELECT seq, lower(hex(nonce)) FROM _changes WHERE seq >= ? ORDER BY seq LIMIT 2", [
        cursor.seq,
      ]).map(toCursor);
      const [entry, next] = entries;
      if (!entry || formatCursor(entry) !== formatCursor(cursor)) return false;
      // The first entry is never pruned, so it does not show that the entries after it exist.
      return !next || next.seq === cursor.seq + 1;
    },

    /** Returns the net change of each row in a range, in the order of the rows' last entries. */
    read({ tables, matches, after, until, from, limit = Infinity }: ReadOptions): NetChange[] {
      const [table] = tables ?? [];
      if (table !== undefined && tables?.length === 1 && limit < Infinity && until.seq - after.seq > LONG_GAP) {
        const index = indexes().covering(table, after, until);
        if (index) return withNonces(table, index.read({ after, until, from, matches, limit }));
      }
      const filter = tables ? ` AND "table" IN (SELECT value FROM json_each(?))` : "";
      const values: SqlValue[] = [after.seq, until.seq, ...(tables ? [JSON.stringify(tables)] : [])];
      const entries = readRaw(
        sql,
        `SELECT ${ENTRY} FROM _changes WHERE seq > ? AND seq <= ?${filter} ORDER BY seq`,
        values,
      );
      const changes = foldChanges(entries.map(toEntry));
      const matching = matches ? changes.filter(({ id }) => matches(id)) : changes;
      const rest = from ? matching.filter(({ cursor }) => cursor.seq > from.seq) : matching;
      return rest.length <= limit ? rest : rest.slice(0, limit);
    },

    /** Returns the tables that have entries in a range. */
    tablesIn({ after, until }: LogRange): string[] {
      const rows = readRaw(sql, 'SELECT DISTINCT "table" FROM _changes WHERE seq > ? AND seq <= ?', [
        after.seq,
        until.seq,
      ]);
      return rows.map(([table]) => String(table));
    },
  };
}

export type ChangeLog = ReturnType<typeof createChangeLog>;

function toCursor([seq, nonce]: readonly SqlValue[]): Cursor {
  return { seq: Number(seq), nonce: String(nonce) };
}

function toEntry(row: readonly SqlValue[]): LogEntry {
  const [, , table, type, id] = row;
  return { table: String(table), type: String(type) as LogType, id: String(id), cursor: toCursor(row) };
}
