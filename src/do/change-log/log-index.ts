import type { Cursor } from "../../shared/cursor.js";
import { LOG_TYPES, netType, type LogType } from "./fold-changes.js";

/** Memory of one entry, in bytes. */
const ENTRY_BYTES = 21;
/** Estimated memory of one row without the characters of its id, in bytes. */
const ROW_BYTES = 100;

/** One entry of the log, without its nonce. */
export interface IndexedEntry {
  readonly seq: number;
  readonly type: LogType;
  readonly id: string;
}

/** Selects changes of a table. */
export interface IndexRange {
  readonly after: Cursor;
  readonly until: Cursor;
  /** Leaves out the changes up to and including this one. */
  readonly from?: Cursor | undefined;
  readonly matches?: ((id: string) => boolean) | undefined;
  readonly limit: number;
}

/**
 * Holds the entries of one table in memory, linked by row. The net changes of all gaps are read from it, so the log is read
 * once for any number of cursors.
 */
export function createLogIndex() {
  const ids: string[] = [];
  const lastOf = new Map<string, number>();
  let seqs = new Float64Array(1_024);
  let links = new Int32Array(3 * seqs.length);
  let types = new Uint8Array(seqs.length);
  let count = 0;
  let characters = 0;

  // Three numbers for each entry: its row, and the previous and next entry of the same row (-1 for none).
  const row = (entry: number): number => links[3 * entry] ?? -1;
  const previous = (entry: number): number => links[3 * entry + 1] ?? -1;
  const next = (entry: number): number => links[3 * entry + 2] ?? -1;
  const seqOf = (entry: number): number => seqs[entry] ?? Infinity;
  const typeOf = (entry: number): LogType => LOG_TYPES[types[entry] ?? 0] ?? "update";

  function grow(): void {
    const size = 2 * seqs.length;
    const before = { seqs, links, types };
    seqs = new Float64Array(size);
    links = new Int32Array(3 * size);
    types = new Uint8Array(size);
    seqs.set(before.seqs);
    links.set(before.links);
    types.set(before.types);
  }

  /** Returns the first entry after a position in the log. */
  function firstAbove(seq: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (seqOf(middle) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function netTypeOf(entry: number, after: number): LogType | undefined {
    let first = entry;
    while (previous(first) >= 0 && seqOf(previous(first)) > after) first = previous(first);
    return netType(typeOf(first), typeOf(entry));
  }

  return {
    /** Estimated memory, in bytes. */
    bytes: (): number => ENTRY_BYTES * seqs.length + ROW_BYTES * ids.length + characters,

    /** Adds an entry, which must be newer than all others. */
    add({ seq, type, id }: IndexedEntry): void {
      if (count === seqs.length) grow();
      const last = lastOf.get(id);
      if (last === undefined) {
        ids.push(id);
        characters += id.length;
      } else {
        links[3 * last + 2] = count;
      }
      seqs[count] = seq;
      types[count] = LOG_TYPES.indexOf(type);
      links.set([last === undefined ? ids.length - 1 : row(last), last ?? -1, -1], 3 * count);
      lastOf.set(id, count++);
    },

    /** Returns the net changes of a gap, in the order of the rows' last entries. */
    read({ after, until, from = after, matches, limit }: IndexRange): IndexedEntry[] {
      const changes: IndexedEntry[] = [];
      for (let entry = firstAbove(Math.max(after.seq, from.seq)); entry < count; entry++) {
        if (seqOf(entry) > until.seq || changes.length >= limit) break;
        if (next(entry) >= 0 && seqOf(next(entry)) <= until.seq) continue;
        const id = ids[row(entry)] ?? "";
        if (matches && !matches(id)) continue;
        const type = netTypeOf(entry, after.seq);
        if (type) changes.push({ seq: seqOf(entry), type, id });
      }
      return changes;
    },
  };
}

export type LogIndex = ReturnType<typeof createLogIndex>;
