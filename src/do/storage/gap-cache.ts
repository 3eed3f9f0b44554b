import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { LogType, NetChange } from "./fold-changes.js";

/** Which part of the log, and of which tables. */
export interface Gap {
  readonly tables?: readonly string[] | undefined;
  readonly after: Cursor;
  readonly until: Cursor;
}

/** What came of a gap, as far as the log's entries do not say it: which of them count, and what as. */
export interface FoldedGap {
  readonly seqs: Float64Array;
  typeOf(index: number): LogType;
}

/** About 2 MiB. Thousands of short gaps, or a few as long as the log. */
const MOST_CHANGES = 250_000;

const types: readonly LogType[] = ["create", "update", "delete"];

/**
 * Keeps what came of a gap while its pages are told: folded anew for each page, a long gap would cost the square of
 * its length. In memory only, and the gaps that nobody asked for longest go first.
 */
export function createGapCache() {
  const gaps = new Map<string, FoldedGap>();
  let kept = 0;

  const keyOf = ({ tables, after, until }: Gap): string =>
    JSON.stringify([tables, formatCursor(after), formatCursor(until)]);

  return {
    read(gap: Gap): FoldedGap | undefined {
      const key = keyOf(gap);
      const known = gaps.get(key);
      if (!known) return undefined;
      gaps.delete(key);
      gaps.set(key, known);
      return known;
    },

    keep(gap: Gap, changes: readonly NetChange[]): void {
      const key = keyOf(gap);
      if (gaps.has(key) || changes.length > MOST_CHANGES) return;
      const codes = Uint8Array.from(changes, ({ type }) => types.indexOf(type));
      const seqs = Float64Array.from(changes, ({ cursor }) => cursor.seq);
      gaps.set(key, { seqs, typeOf: (index) => types[codes[index] ?? 0] ?? "update" });
      kept += changes.length;
      for (const [oldest, { seqs: gone }] of gaps) {
        if (kept <= MOST_CHANGES) return;
        gaps.delete(oldest);
        kept -= gone.length;
      }
    },
  };
}

/** The first of ascending numbers that is above one. */
export function firstAbove(numbers: Float64Array, bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? Infinity) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
