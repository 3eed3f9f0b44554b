import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { NetChange } from "./fold-changes.js";
import type { RowFilter } from "./row-filter.js";

/** A change as subscribers receive it. */
export interface TrackedChange {
  /** The id of the event, from which a subscriber can resume. */
  readonly cursor: string;
  /** The row's id; empty for a reset. */
  readonly id: string;
  /** A {@link Change}, or the result of the hub's `present`. */
  readonly change: unknown;
}

/** All writes that were committed since the previous flush. */
export interface Flush {
  readonly from: Cursor;
  /** Whether the changes are not stored, so that a subscriber that misses them cannot catch up with them. */
  readonly isTransient?: boolean;
  /** Whether a subscriber that misses the changes gets a snapshot when it catches up. */
  readonly hasSnapshot?: boolean;
  /** The tables with changes. */
  readonly tables: readonly string[];
  /** Whether it changed a row that the filter matches. */
  concerns(table: string, rows: RowFilter): boolean;
  /** The net change of each row of a table. Read once for all listeners. */
  net(table: string): readonly NetChange[];
  /** The first page of these changes, with the rows. Read once for all listeners. */
  page(table: string): MissedChanges;
}

export type FlushListener = (flush: Flush) => void;

/** The position of a subscriber that has missed changes. */
export interface Position {
  /** The last change before the gap, or the event id with which the client resumes. */
  readonly after: Cursor | string;
  /** The last change of the gap that was delivered. */
  readonly from?: Cursor | undefined;
  /**
   * Fixed end of the gap while its pages are delivered. Net changes depend on the whole gap: if it grew between pages, a row
   * that was delivered as created and has been deleted since would have no net change, and the subscriber would keep it.
   */
  readonly until?: Cursor | undefined;
}

/** The position of a subscriber that needs a snapshot. */
export const NEEDS_SNAPSHOT: Position = { after: "" };

/** Changes that a subscriber has missed, or a page of them. */
export interface MissedChanges {
  readonly changes: readonly TrackedChange[];
  /** The position after this page; `undefined` after the last page. */
  readonly next: Position | undefined;
}

/** Returns the event id from which a subscriber resumes. A row it has not received yet can then arrive as an update. */
export function positionOf({ after, from }: Position): string {
  if (from) return formatCursor(from);
  return typeof after === "string" ? after : formatCursor(after);
}
