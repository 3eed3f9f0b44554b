import type { Cursor } from "../../shared/cursor.js";
import type { LogType } from "./fold-changes.js";
import { createLogIndex, type LogIndex } from "./log-index.js";
import { readRaw } from "../tables/codec/sql-value.js";

/** The indexes of all tables together, in bytes. The default log of 50,000 entries fits, if the ids are not long. */
const MOST_BYTES = 8 * 1_048_576;

interface CoveredIndex {
  readonly index: LogIndex;
  /** The index contains the entries after this position, up to and with `until`. */
  readonly base: number;
  until: Cursor;
}

/**
 * Keeps indexes of the log in memory, one for each table that subscribers resume in. An index is extended as the log grows,
 * and rebuilt from further back for an older cursor: at least twice as far each time, so that a series of ever older cursors
 * costs no more than the length of the log in total.
 */
export function createLogIndexCache(sql: SqlStorage, mostBytes = MOST_BYTES) {
  // The one that was read last comes last.
  const indexes = new Map<string, CoveredIndex>();

  const bytes = (): number => Array.from(indexes.values()).reduce((sum, { index }) => sum + index.bytes(), 0);

  /** Deletes indexes of other tables until one has memory. Returns whether it has. */
  function makeRoom(index: LogIndex, table: string): boolean {
    for (const [oldest, known] of Array.from(indexes)) {
      if (index.bytes() + bytes() - (indexes.get(table)?.index.bytes() ?? 0) <= mostBytes) return true;
      if (known.index !== index) indexes.delete(oldest);
    }
    return index.bytes() <= mostBytes;
  }

  function isThere({ seq, nonce }: Cursor): boolean {
    const [row] = readRaw(sql, "SELECT lower(hex(nonce)) FROM _changes WHERE seq = ?", [seq]);
    return row?.[0] === nonce;
  }

  /** Reads entries into an index. Returns whether there was memory for them. */
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
      // To look at all indexes for each entry would cost more than to add it.
      if (index.bytes() - checked < mostBytes / 64) continue;
      if (!makeRoom(index, table)) return false;
      checked = index.bytes();
    }
    return makeRoom(index, table);
  }

  /** The index of a table, if it covers a gap or can be extended so that it does. */
  function extended(table: string, after: Cursor, until: Cursor): LogIndex | undefined {
    const known = indexes.get(table);
    if (!known || known.base > after.seq) return undefined;
    // Its entries may have been rolled back, or pruned before anybody read them.
    if (!isThere(known.until)) return undefined;
    if (until.seq <= known.until.seq) return known.index;
    if (!fill(known.index, table, known.until.seq, until.seq)) return undefined;
    known.until = until;
    return known.index;
  }

  function rebuilt(table: string, after: Cursor, until: Cursor): LogIndex | undefined {
    // The old one and the new one would be in memory at once.
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

    /** An index that contains all of a gap of a table; `undefined` if that takes too much memory. */
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
