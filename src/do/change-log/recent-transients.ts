import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { Flush, TrackedChange } from "./flush.js";
import { createIdSet, matchesRow, type RowFilter } from "./row-filter.js";

/** A change that is delivered and not stored. */
export interface TransientChange {
  /** Matched by the filters of subscribers. */
  readonly id: string;
  /** The event as subscribers receive it. */
  readonly change: unknown;
  /** Size of the change, in bytes. */
  readonly bytes: number;
}

interface RecentChange extends TransientChange {
  readonly number: number;
  readonly table: string;
}

/** Limits of the changes in memory. A subscriber that is not ready before they are exceeded misses the oldest. */
const MAX_CHANGES = 128;
const MAX_BYTES = 262_144;

/**
 * Holds the last changes that are not stored in memory, for subscribers that were not ready for them: their procedure has to run
 * again after hibernation, or their access is being checked.
 */
export function createRecentTransients() {
  let recent: RecentChange[] = [];
  let bytes = 0;
  let nextNumber = 0;
  let dropped = 0;

  function prune(): void {
    let count = 0;
    while (recent.length - count > MAX_CHANGES || (bytes > MAX_BYTES && recent.length - count > 1)) {
      bytes -= recent[count]?.bytes ?? 0;
      count++;
    }
    if (count > 0) recent = recent.slice(count);
  }

  return {
    /** The number that the next change gets. */
    nextNumber: (): number => nextNumber,

    /** Adds changes, and returns the flush with which listeners are notified of them. */
    add(head: Cursor, table: string, changes: readonly TransientChange[]): Flush {
      for (const change of changes) {
        recent.push({ ...change, table, number: nextNumber++ });
        bytes += change.bytes;
      }
      prune();
      const cursor = formatCursor(head);
      const ids = createIdSet(changes.map(({ id }) => id));
      const tracked = changes.map(({ id, change }): TrackedChange => ({ cursor, id, change }));
      const net = changes.map(({ id }) => ({ table, id, type: "create" as const, cursor: head }));
      return {
        isTransient: true,
        from: head,
        tables: [table],
        net: () => net,
        concerns: (_table, rows) => ids.matches(rows),
        page: () => ({ changes: tracked, next: undefined }),
      };
    },

    /** Returns the changes of a table from a number on that are still in memory. */
    since(number: number, table: string, rows: RowFilter | undefined): TransientChange[] {
      return recent.filter((each) => each.number >= number && each.table === table && matchesRow(rows, each.id));
    },

    /** Counts changes that a subscriber misses. */
    drop: (count = 1): void => void (dropped += count),

    /** The number of changes that subscribers have missed since the object started. */
    dropped: (): number => dropped,
  };
}
