import type { Change } from "../../shared/change.js";
import { formatCursor, parseCursor, type Cursor } from "../../shared/cursor.js";
import { countFitting, PAGE_BYTES, SMALL_PAGE_BYTES } from "../tables/query/page-bytes.js";
import { storageLimits } from "../tables/codec/value-size.js";
import { withoutRecorder } from "../tables/reads/read-recorder.js";
import type { ChangeLog } from "./create-change-log.js";
import type { Flush, FlushListener, MissedChanges, Position, TrackedChange } from "./flush.js";
import type { NetChange } from "./fold-changes.js";
import { createRecentTransients, type TransientChange } from "./recent-transients.js";
import { createIdSet, matchesRow, type IdSet, type RowFilter } from "./row-filter.js";

export interface ChangeHubOptions {
  readonly log: Pick<ChangeLog, "head" | "check" | "read" | "tablesIn">;
  /** Reads rows as the app sees them. The map has no entries for deleted rows. */
  readonly rows: (table: string, ids: readonly string[]) => ReadonlyMap<string, unknown>;
  /** Reads the sizes of rows as stored, in bytes. The map has no entries for deleted rows and for tables without long columns. */
  readonly sizes: (table: string, ids: readonly string[]) => ReadonlyMap<string, number>;
  /**
   * Converts a change of a table to the event that its subscribers receive.
   * @default the change itself
   */
  readonly present?: (table: string, change: Change<unknown>) => unknown;
  /**
   * Calls back before the next write. With it, the newest entry of the log is read only if a call needs it, or before that write.
   * @default the hub reads the newest entry when it is created
   */
  readonly beforeNextWrite?: (callback: () => void) => void;
  /**
   * Returns the current state of something that is not stored, by the name under which subscribers listen to it. A subscriber gets it
   * at the start and after a gap, and updates in between.
   * @default none
   */
  readonly snapshots?: ReadonlyMap<string, () => unknown>;
}

/** The part of the missed changes to read. A page of long rows ends before its limit. */
export interface MissedOptions {
  /**
   * Limits the changes to these rows.
   * @default all
   */
  readonly rows?: RowFilter | undefined;
  /**
   * Maximum number of changes.
   * @default all
   */
  readonly limit?: number | undefined;
}

/** Number of cached pages for other subscribers at the same position. Subscribers read their pages one after the other. */
const SHARED_PAGES = 4;

/** Notifies listeners of writes, once for all writes of one turn of the event loop. */
export function createChangeHub(options: ChangeHubOptions) {
  const { log, rows, sizes, present = (_table, change) => change, beforeNextWrite, snapshots } = options;
  const subscribers = new Set<readonly FlushListener[]>();
  let head = beforeNextWrite ? createLazyCursor(log.head, beforeNextWrite) : log.head();
  /** Cache of pages while subscribers share them; `undefined` otherwise. */
  let shared: Map<string, MissedChanges> | undefined;
  const transients = createRecentTransients();
  /** The snapshots since the last update, so that each is created and serialized once for all subscribers. */
  const cachedSnapshots = new Map<string, TrackedChange>();

  function readShared(key: string, read: () => MissedChanges): MissedChanges {
    const known = shared?.get(key);
    if (known || !shared) return known ?? read();
    const page = read();
    const [oldest] = shared.keys();
    if (shared.size >= SHARED_PAGES && oldest !== undefined) shared.delete(oldest);
    shared.set(key, page);
    return page;
  }

  /** Adds the rows to net changes. A row that has been deleted since is left out, because a later entry has its deletion. */
  function withRows(table: string, net: readonly NetChange[]): TrackedChange[] {
    const existing = net.filter(({ type }) => type !== "delete").map(({ id }) => id);
    const data = existing.length > 0 ? rows(table, existing) : new Map<string, unknown>();
    return net.flatMap(({ id, type, cursor }): TrackedChange[] => {
      if (type !== "delete" && !data.has(id)) return [];
      const change: Change<unknown> = type === "delete" ? { type, id } : { type, id, data: data.get(id) };
      return [{ cursor: formatCursor(cursor), id, change: present(table, change) }];
    });
  }

  /** Returns the changes that fit into a page, at least one. A row that is longer than a page gets a page of its own. */
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

  function readSnapshot(table: string, read: () => unknown): MissedChanges {
    const snapshot = cachedSnapshots.get(table) ?? { cursor: formatCursor(head), id: "", change: read() };
    cachedSnapshots.set(table, snapshot);
    return { changes: [snapshot], next: undefined };
  }

  function readMissed(
    table: string,
    { after, from, until = head }: Position,
    { rows: filter, limit }: MissedOptions,
  ): MissedChanges {
    const snapshot = snapshots?.get(table);
    // A cursor of this instance belongs to a subscriber that has missed no update.
    if (snapshot) return typeof after === "string" ? readSnapshot(table, snapshot) : { changes: [], next: undefined };
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

  /** @throws the first error of a listener, after all were called: a listener that was not called would miss the changes */
  function notify(flush: Flush): void {
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
    if (failure) throw failure.cause;
  }

  const hub = {
    head: (): Cursor => head,

    /** Reads the newest entry of the log, of which listeners may not be notified yet. */
    readHead: (): Cursor => log.head(),

    /** Notifies the listeners of writes since the last flush. @throws the first error of a listener, after all were called */
    flush(): void {
      const from = head;
      const until = log.head();
      if (until.seq === from.seq && until.nonce === from.nonce) return;
      head = until;
      const net = new Map<string, NetChange[]>();
      const ids = new Map<string, IdSet>();
      const pages = new Map<string, MissedChanges>();
      // Most flushes have one change. Its entry is read once, and not once for the tables and again for the changes of each.
      const singleEntry = until.seq === from.seq + 1 ? log.read({ after: from, until }) : undefined;
      const flush: Flush = {
        from,
        tables: singleEntry?.map(({ table }) => table) ?? log.tablesIn({ after: from, until }),
        net(table) {
          const known =
            net.get(table) ??
            singleEntry?.filter((change) => change.table === table) ??
            log.read({ tables: [table], after: from, until });
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
      const pageOf = (table: string): MissedChanges => {
        const all = flush.net(table);
        const first = firstOf(table, all, PAGE_BYTES);
        const next = first.length < all.length ? { after: from, from: first.at(-1)?.cursor, until } : undefined;
        return { changes: withRows(table, first), next };
      };
      notify(flush);
    },

    hasSnapshot: (table: string): boolean => snapshots?.has(table) ?? false,

    /** Notifies the listeners of an update of something with a snapshot. */
    announceUpdate(table: string, update: Pick<TransientChange, "change" | "bytes">): void {
      hub.flush();
      cachedSnapshots.delete(table);
      notify({ ...transients.add(head, table, [{ ...update, id: "" }]), isTransient: false, hasSnapshot: true });
    },

    /** Changes that are not stored, for the subscribers that were not ready for them. */
    transients,

    /** Notifies the listeners of changes of a table that are not stored. Call it after `flush`. */
    announce(table: string, changes: readonly TransientChange[]): void {
      notify(transients.add(head, table, changes));
    },

    /** Reads the changes that a subscriber has missed, or a page of them. One `reset` if the log no longer has them all. */
    since(table: string, position: Position, options: MissedOptions = {}): MissedChanges {
      if (!shared) return readMissed(table, position, options);
      const { after, from, until = head } = position;
      const { rows: filter, limit } = options;
      const key = JSON.stringify([table, after, from, until.seq, filter, limit]);
      return readShared(key, () => readMissed(table, position, options));
    },

    /**
     * Runs synchronous work that does not write to the app's tables. Changes are read once for all subscribers at the same position.
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
     * Registers listeners, which each flush calls in order. A listener that throws does not stop those after it.
     *
     * @returns a function that removes the listeners
     */
    onFlush(...listeners: readonly FlushListener[]): () => void {
      subscribers.add(listeners);
      return () => subscribers.delete(listeners);
    },
  };
  return hub;
}

/** Returns a cursor that is read on first use, at the latest before the next write. */
function createLazyCursor(read: () => Cursor, beforeNextWrite: (callback: () => void) => void): Cursor {
  let cursor: Cursor | undefined;
  // A live query that happens to need it first does not depend on it.
  const known = (): Cursor => (cursor ??= withoutRecorder(read));
  beforeNextWrite(() => {
    try {
      known();
    } catch {
      // A deleted object has no log. If the cursor is used later, the error is thrown then.
    }
  });
  return {
    get seq() {
      return known().seq;
    },
    get nonce() {
      return known().nonce;
    },
  };
}

export type ChangeHub = ReturnType<typeof createChangeHub>;
