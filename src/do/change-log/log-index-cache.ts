import type { Cursor } from "../../shared/cursor.js";
import type { LogType } from "./fold-changes.js";
import { createLogIndex, type LogIndex } from "./log-index.js";
import { readRaw } from "../tables/codec/sql-value.js";

/** Memory limit of all indexes together, in bytes. A log of 50,000 entries, the default, fits unless ids are long. */
const MOST_BYTES = 8 * 1_048_576;

interface CoveredIndex {
  readonly index: LogIndex;
  /** The index contains the entries after this position, up to and with `until`. */
  readonly base: number;
  until: Cursor;
}

/**
 * Caches indexes of the log in memory, one for each table in which subscribers resume. An index is extended as the log
 * grows. For an older cursor it is rebuilt from at least twice as far back, so that a series of ever older cursors costs no
 * more in total than the length of the log.
 */
export function createLogIndexCache(sql: SqlStorage, mostBytes = MOST_BYTES) {
  // The least recently used index comes first.
  const indexes = new Map<string, CoveredIndex>();

  const bytes = (): number => Array.from(indexes.values()).reduce((sum, { index }) => sum + index.bytes(), 0);

  /** Deletes indexes of other tables until an index fits. Returns whether it fits. */
  function makeRoom(index: LogIndex, table: string): boolean {
    for (const [oldest, known] of Array.from(indexes)) {
      if (index.bytes() + bytes() - (indexes.get(table)?.index.bytes() ?? 0) <= mostBytes) return true;
      if (known.index !== index) indexes.delete(oldest);
    }
    return index.bytes() <= mostBytes;
  }

  function exists({ seq, nonce }: Cursor): boolean {
    const [row] = readRaw(sql, "SELECT lower(hex(nonce)) FROM _changes WHERE seq = ?", [seq]);
    return row?.[0] === nonce;
  }

  /** Reads entries into an index. Returns whether they fit into the memory limit. */
  function fill(index: LogIndex, table: string, after: number, until: number): boolean {
    const entries = sql
      .exec(
        `SELECT seq, type, id FROM _changes WHERE seq > ? AND seq <= ? AND "table" = ? ORDER BY seq`,
        after,
        until,
        table,
      )
      .raw();
    let checked = 0;
    for (const [seq, type, id] of entries) {
      index.add({ seq: Number(seq), type: String(type) as LogType, id: String(id) });
      // Checked at intervals, because adding up all indexes costs more than adding an entry.
      if (index.bytes() - checked < mostBytes / 64) continue;
      if (!makeRoom(index, table)) return false;
      checked = index.bytes();
    }
    return makeRoom(index, table);
  }

  /** Returns the index of a table if it covers the gap, or can be extended to cover it. */
  function extended(table: string, after: Cursor, until: Cursor): LogIndex | undefined {
    const known = indexes.get(table);
    if (!known || known.base > after.seq) return undefined;
    // Its entries can have been rolled back, or pruned before they were read.
    if (!exists(known.until)) return undefined;
    if (until.seq <= known.until.seq) return known.index;
    if (!fill(known.index, table, known.until.seq, until.seq)) return undefined;
    known.until = until;
    return known.index;
  }

  function rebuilt(table: string, after: Cursor, until: Cursor): LogIndex | undefined {
    // Deleted first, so that the old and the new index are not in memory at the same time.
    indexes.delete(table);
    const base = Math.max(0, until.seq - 2 * (until.seq - after.seq));
    const index = createLogIndex();
    if (!fill(index, table, base, until.seq)) return undefined;
    indexes.set(table, { index, base, until });
    return index;
  }

  return {
    /** Estimated memory of all indexes, in bytes. */
    bytes,

    /** Returns an index that contains all of a gap of a table; `undefined` if it would exceed the memory limit. */
    covering(table: string, after: Cursor, until: Cursor): LogIndex | undefined {
      const index = extended(table, after, until) ?? rebuilt(table, after, until);
      const covered = indexes.get(table);
      indexes.delete(table);
      if (!index || !covered) return undefined;
      indexes.set(table, covered);
      return index;
    },
  };
}
