import { type Cursor, formatCursor } from "../../shared/cursor.js";
import { foldChanges, type LogEntry, type LogType, type NetChange } from "./fold-changes.js";
import type { IndexedEntry } from "./log-index.js";
import { createLogIndexCache } from "./log-index-cache.js";
import { pruneLog, type PruneOptions } from "./prune-log.js";
import { readRaw, type SqlValue } from "../tables/codec/sql-value.js";

/** The entries after one cursor, up to and with another. */
export interface LogRange {
  readonly after: Cursor;
  readonly until: Cursor;
}

export interface ReadOptions extends LogRange {
  /**
   * Only these tables.
   * @default all
   */
  readonly tables?: readonly string[] | undefined;
  /**
   * Only rows with such an id.
   * @default all
   */
  readonly matches?: ((id: string) => boolean) | undefined;
  /**
   * Goes on after a change that an earlier page ended with. The range stays the same: what came of a row
   * depends on all of it.
   * @default from the start
   */
  readonly from?: Cursor | undefined;
  /**
   * The most changes to give.
   * @default all
   */
  readonly limit?: number | undefined;
}

/** A longer gap is read through an index, which its pages and the gaps of other cursors share. In entries. */
const LONG_GAP = 512;

const ENTRY = 'seq, lower(hex(nonce)), "table", type, id';

/** Reads the log that the triggers of the tables write. */
export function createChangeLog(sql: SqlStorage) {
  const indexes = createLogIndexCache(sql);

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
    /** The newest entry. */
    head(): Cursor {
      const [row] = readRaw(sql, "SELECT seq, lower(hex(nonce)) FROM _changes ORDER BY seq DESC LIMIT 1");
      if (!row) throw new Error("The change log is empty: its first entry is made at the object's birth.");
      return toCursor(row);
    },

    /**
     * Whether everything after a cursor is still there to be told. Not so for one from another object, from before
     * a roll back, forged, or so old that entries after it are gone.
     */
    check(cursor: Cursor): boolean {
      const entries = readRaw(sql, "SELECT seq, lower(hex(nonce)) FROM _changes WHERE seq >= ? ORDER BY seq LIMIT 2", [
        cursor.seq,
      ]).map(toCursor);
      const [entry, next] = entries;
      if (!entry || formatCursor(entry) !== formatCursor(cursor)) return false;
      // The first entry is never pruned, but those after it are.
      return !next || next.seq === cursor.seq + 1;
    },

    /** What came of each row in a range, in the order of the rows' last entries. */
    read({ tables, matches, after, until, from, limit = Infinity }: ReadOptions): NetChange[] {
      const [table] = tables ?? [];
      if (table !== undefined && tables?.length === 1 && limit < Infinity && until.seq - after.seq > LONG_GAP) {
        const index = indexes.covering(table, after, until);
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

    /** Which tables have entries in a range. */
    tablesIn({ after, until }: LogRange): string[] {
      const rows = readRaw(sql, 'SELECT DISTINCT "table" FROM _changes WHERE seq > ? AND seq <= ?', [
        after.seq,
        until.seq,
      ]);
      return rows.map(([table]) => String(table));
    },

    /** Forgets the oldest entries; says how many. The first and the newest stay, so that every cursor names one. */
    prune: (options: PruneOptions): number => pruneLog(sql, options),
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
