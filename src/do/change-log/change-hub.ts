import type { Change } from "../../shared/change.js";
import { formatCursor, parseCursor, type Cursor } from "../../shared/cursor.js";
import { countFitting, PAGE_BYTES, SMALL_PAGE_BYTES } from "../tables/query/page-bytes.js";
import { storageLimits } from "../tables/codec/value-size.js";
import { createIdSet, matchesRow, type IdSet, type RowFilter } from "./row-filter.js";

/** One row's net change, and the log entry that it ends with. */
export interface NetChange {
  readonly table: string;
  readonly id: string;
  readonly type: "create" | "update" | "delete";
  readonly cursor: Cursor;
}

/** What the hub reads of the change log. */
export interface ChangeLogReader {
  /** The newest entry. */
  head(): Cursor;
  /** Whether a cursor names an entry that is still there. */
  check(cursor: Cursor): boolean;
  /** The net changes of some tables after one entry, up to and with another, in the order of their last entries. */
  read(range: {
    readonly tables: readonly string[];
    readonly after: Cursor;
    readonly until: Cursor;
    /** Only rows with such an id. */
    readonly matches?: ((id: string) => boolean) | undefined;
    /** Leaves out what an earlier page told. */
    readonly from?: Cursor | undefined;
    readonly limit?: number | undefined;
  }): NetChange[];
  /** Which tables have entries in a range. */
  tablesIn(range: { readonly after: Cursor; readonly until: Cursor }): string[];
}

/** A change as a subscriber is told it. */
export interface TrackedChange {
  /** The id of the event: where to resume. */
  readonly cursor: string;
  /** The row's id; empty for a reset. */
  readonly id: string;
  /** As it goes to subscribers: a {@link Change}, or what the hub's `present` makes of it. */
  readonly change: unknown;
}

/** All that was committed between two looks at the log. */
export interface Flush {
  readonly from: Cursor;
  readonly tables: readonly string[];
  /** Whether it changed any of some rows of a table. */
  concerns(table: string, rows: RowFilter): boolean;
  /** What came of each row of a table. Read once, however many listeners ask. */
  net(table: string): readonly NetChange[];
  /** The first page of it, with the rows. Read once, however many listeners ask. */
  page(table: string): Missed;
}

export type FlushListener = (flush: Flush) => void;

/** How far a subscriber that lags has come. */
export interface Position {
  /** What it had been told when it began to lag, or the id that it came back with. */
  readonly after: Cursor | string;
  /** The last change of that gap that it was told. */
  readonly from?: Cursor | undefined;
  /**
   * Where the gap ends whose pages it is told. What came of a row depends on all of the gap: if it grew while its
   * pages are told, a row that was told as created and is deleted since would come to nothing, and stay.
   */
  readonly until?: Cursor | undefined;
}

/** What a subscriber has missed, or a page of it. */
export interface Missed {
  readonly changes: readonly TrackedChange[];
  /** Where it is after this page, while there is more. */
  readonly next: Position | undefined;
}

export interface ChangeHubOptions {
  readonly log: ChangeLogReader;
  /** Rows as the app sees them; one that is gone is missing from the map. */
  readonly rows: (table: string, ids: readonly string[]) => ReadonlyMap<string, unknown>;
  /** Sizes of rows as stored, in bytes. The map has no entries for deleted rows and for tables without long columns. */
  readonly sizes: (table: string, ids: readonly string[]) => ReadonlyMap<string, number>;
  /**
   * What subscribers of a table are told of a change.
   * @default the change
   */
  readonly present?: (table: string, change: Change<unknown>) => unknown;
}

/** The part of the missed changes that a subscriber asks for. A page of long rows ends before its limit. */
export interface MissedOptions {
  /**
   * Only these rows.
   * @default all
   */
  readonly rows?: RowFilter | undefined;
  /**
   * The most changes to give.
   * @default all
   */
  readonly limit?: number | undefined;
}

/** Pages that are kept for other subscribers at the same position. They are read one after the other. */
const SHARED_PAGES = 4;

/** Tells who listens what was written, once for all writes of one turn. Never polls. */
export function createChangeHub({ log, rows, sizes, present = (_table, change) => change }: ChangeHubOptions) {
  const subscribers = new Set<readonly FlushListener[]>();
  let head = log.head();
  /** The pages that were read last, while subscribers share them. */
  let shared: Map<string, Missed> | undefined;

  function readShared(key: string, read: () => Missed): Missed {
    const known = shared?.get(key);
    if (known || !shared) return known ?? read();
    const page = read();
    const [oldest] = shared.keys();
    if (shared.size >= SHARED_PAGES && oldest !== undefined) shared.delete(oldest);
    shared.set(key, page);
    return page;
  }

  /** Net changes with their rows. A row that is gone by now is left out: a later entry speaks for it. */
  function withRows(table: string, net: readonly NetChange[]): TrackedChange[] {
    const existing = net.filter(({ type }) => type !== "delete").map(({ id }) => id);
    const data = existing.length > 0 ? rows(table, existing) : new Map<string, unknown>();
    return net.flatMap(({ id, type, cursor }): TrackedChange[] => {
      if (type !== "delete" && !data.has(id)) return [];
      const change: Change<unknown> = type === "delete" ? { type, id } : { type, id, data: data.get(id) };
      return [{ cursor: formatCursor(cursor), id, change: present(table, change) }];
    });
  }

  /** As many of the changes as fit into a page, and at least one, so that a long row is read alone. */
  function firstOf(table: string, net: readonly NetChange[], pageBytes: number): readonly NetChange[] {
    if (net.length * storageLimits.rowBytes <= Math.max(pageBytes, storageLimits.rowBytes)) return net;
    const bytes = sizes(
      table,
      net.filter(({ type }) => type !== "delete").map(({ id }) => id),
    );
    const count = countFitting(
      net.map(({ id }) => bytes.get(id) ?? 0),
      pageBytes,
    );
    return net.slice(0, count);
  }

  function readMissed(
    table: string,
    { after, from, until = head }: Position,
    { rows: filter, limit }: MissedOptions,
  ): Missed {
    const cursor = typeof after === "string" ? parseCursor(after) : after;
    if (!cursor || !log.check(cursor)) {
      const change: Change<unknown> = { type: "reset" };
      return { changes: [{ cursor: formatCursor(head), id: "", change }], next: undefined };
    }
    const matches = filter && ((id: string) => matchesRow(filter, id));
    const net = log.read({ tables: [table], matches, after: cursor, until, from, limit });
    const page = firstOf(table, net, SMALL_PAGE_BYTES);
    const last = page.length < net.length || net.length === limit ? page.at(-1)?.cursor : undefined;
    const rest = until.seq < head.seq ? { after: until } : undefined;
    return { changes: withRows(table, page), next: last ? { after: cursor, from: last, until } : rest };
  }

  const hub = {
    head: (): Cursor => head,

    /** Tells of what was written since the last time. @throws what a listener threw, once all were told */
    flush(): void {
      const from = head;
      const until = log.head();
      if (until.seq === from.seq && until.nonce === from.nonce) return;
      head = until;
      const net = new Map<string, NetChange[]>();
      const ids = new Map<string, IdSet>();
      const pages = new Map<string, Missed>();
      const flush: Flush = {
        from,
        tables: log.tablesIn({ after: from, until }),
        net(table) {
          const known = net.get(table) ?? log.read({ tables: [table], after: from, until });
          net.set(table, known);
          return known;
        },
        concerns(table, filter) {
          const known = ids.get(table) ?? createIdSet(flush.net(table).map(({ id }) => id));
          ids.set(table, known);
          return known.matches(filter);
        },
        page(table) {
          const known = pages.get(table) ?? pageOf(table);
          pages.set(table, known);
          return known;
        },
      };
      const pageOf = (table: string): Missed => {
        const all = flush.net(table);
        const first = firstOf(table, all, PAGE_BYTES);
        const next = first.length < all.length ? { after: from, from: first.at(-1)?.cursor, until } : undefined;
        return { changes: withRows(table, first), next };
      };
      let failure: { readonly cause: unknown } | undefined;
      for (const listeners of subscribers) {
        for (const listener of listeners) {
          try {
            listener(flush);
          } catch (cause) {
            failure ??= { cause };
          }
        }
      }
      // Not before all were told: the head has moved on, and nobody would be told of this again.
      if (failure) throw failure.cause;
    },

    /** What a subscriber has missed, or a page of it; `reset` when the log cannot tell any more. */
    since(table: string, position: Position, options: MissedOptions = {}): Missed {
      if (!shared) return readMissed(table, position, options);
      const { after, from, until = head } = position;
      const { rows: filter, limit } = options;
      const key = JSON.stringify([table, after, from, until.seq, filter, limit]);
      return readShared(key, () => readMissed(table, position, options));
    },

    /**
     * Runs synchronous work that writes nothing to the app's tables. Changes are read once for all subscribers at the same position.
     */
    inOneRead(work: () => void): void {
      if (shared) return work();
      shared = new Map();
      try {
        work();
      } finally {
        shared = undefined;
      }
    },

    /**
     * Calls the listeners for each flush, one after the other. A listener that throws does not stop those after it.
     *
     * @returns removes the listeners
     */
    onFlush(...listeners: readonly FlushListener[]): () => void {
      subscribers.add(listeners);
      return () => subscribers.delete(listeners);
    },
  };
  return hub;
}

export type ChangeHub = ReturnType<typeof createChangeHub>;

/** An id that a resumed subscription goes on from. It may tell a row as updated that it has not told yet. */
export function positionOf({ after, from }: Position): string {
  if (from) return formatCursor(from);
  return typeof after === "string" ? after : formatCursor(after);
}
