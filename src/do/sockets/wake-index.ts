import type { Flush } from "../change-log/flush.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { MAX_VALUES, type RawRow, readRaw } from "../tables/codec/sql-value.js";
import { ALL_TABLES } from "../tables/reads/read-recorder.js";
import type { LiveRunner } from "../live/live-runner.js";
import { addSocketsWithKeys, decodeGroups, encodeGroups, groupSockets, keysOfSockets } from "./wake-groups.js";
import { ANY_CHANGE, changedKeys, createKeyCollector, wakeKeysOf, type KeysByTable } from "./wake-keys.js";

/**
 * The index has one row for each table that subscriptions depend on. `groups` is empty while the row is outdated. If the row
 * `(complete)` exists, no subscription depends on a table without a row. The last statement makes the index incomplete whenever
 * another version has run, because an earlier version does not write it.
 */
export const wakeIndexSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _wake_index (
    name TEXT PRIMARY KEY,
    shape TEXT NOT NULL,
    groups BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`,
  "DELETE FROM _wake_index",
];

const COMPLETE = "(complete)";
/**
 * Delay from the last change until the index is written, in milliseconds. The changes of one turn of the event loop are written
 * together. A longer delay would also join slow queries, but a pending timer keeps the object from hibernating.
 */
const WRITE_DELAY_MS = 0;

const PUT = "INSERT OR REPLACE INTO _wake_index (name, shape, groups) VALUES (?, ?, ?)";

/** The columns and the lengths of prefixes that the keys of a table are made of. */
interface Shape {
  readonly columns: readonly string[];
  readonly prefixes: readonly number[];
}

interface IndexRow {
  readonly shape: Shape;
  readonly groups: ArrayBuffer;
}

/** A socket with subscriptions in memory, and its number in the index. */
export interface IndexedSocket {
  readonly number: number;
  readonly subscriptions: Iterable<StoredSubscription>;
}

export interface WakeIndexOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  readonly rows: LiveRunner["rows"];
  /** Restores the subscriptions of all sockets. */
  readonly restoreAll: () => void;
  readonly isAllRestored: () => boolean;
  /** The sockets with subscriptions in memory; `undefined` if one has no number, so that it cannot be indexed. */
  readonly restoredSockets: () => readonly IndexedSocket[] | undefined;
  /** Whether a socket is open whose subscriptions are not in memory. */
  readonly isAsleep: (socket: number) => boolean;
}

/**
 * Stores which sockets a change concerns, so that an object that wakes restores only those. A row may list a socket that was closed
 * or has unsubscribed, which only costs time. It never lacks a socket: if a subscription gets additional keys, the rows of its
 * tables become outdated in the same turn, and an outdated row concerns all sockets until the index is written.
 */
export function createWakeIndex(options: WakeIndexOptions) {
  const { sql, isInitialized, rows, restoreAll, isAllRestored, restoredSockets, isAsleep } = options;
  /** Whether the stored index is complete; `undefined` until it is read. */
  let isComplete: boolean | undefined;
  /** The tables with outdated rows, and their previous rows; `undefined` for a row that was outdated when the object woke. */
  const outdated = new Map<string, IndexRow | undefined>();
  /** The last result of `tablesWithMoreKeys`. Subscriptions of a shared result have equal keys. */
  let last: {
    readonly old?: KeysByTable | undefined;
    readonly next?: KeysByTable;
    readonly tables: readonly string[];
  } = { tables: [] };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  /** Returns the rows of some tables, and updates `isComplete`. */
  function readRows(tables: readonly string[]): Map<string, IndexRow> {
    const names = [...tables, COMPLETE];
    const placeholders = names.map(() => "?").join();
    const found = readRaw(sql, `SELECT name, shape, groups FROM _wake_index WHERE name IN (${placeholders})`, names);
    const rowOf = ([name, shape, groups]: RawRow): [string, IndexRow] => [
      String(name),
      { shape: JSON.parse(String(shape)) as Shape, groups: groups as ArrayBuffer },
    ];
    const known = new Map(found.map(rowOf));
    isComplete = known.delete(COMPLETE);
    return known;
  }

  /** Makes the row of a table outdated, in the same turn in which a subscription changes. */
  function invalidate(table: string): void {
    // After a stop, what this instance knows of the rows is old.
    if (!isStopped && (isComplete === false || outdated.has(table))) return;
    const row = readRows([table]).get(table);
    if (!isComplete) return;
    const isKnown = row === undefined || row.groups.byteLength > 0;
    outdated.set(table, isKnown ? (row ?? emptyRow()) : undefined);
    if (row === undefined || isKnown) sql.exec(PUT, table, shapeText(emptyRow().shape), new ArrayBuffer(0));
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(write, WRITE_DELAY_MS);
  }

  /** Writes the outdated rows; all of them if the index is not complete. */
  function write(): void {
    timer = undefined;
    if (!isInitialized()) return;
    const isUnknown = [...outdated.values()].includes(undefined);
    if (!isComplete || isUnknown) restoreAll();
    const sockets = restoredSockets();
    if (!sockets) return;
    const fresh = sockets.map(({ number, subscriptions }) => ({ number, keys: keysOfAll(subscriptions) }));
    const tables = isComplete ? outdated.keys() : new Set(fresh.flatMap(({ keys }) => [...keys.keys()]));
    if (!isComplete) sql.exec("DELETE FROM _wake_index");
    for (const table of tables) writeRow(table, fresh, isAllRestored() ? undefined : outdated.get(table));
    if (!isComplete) sql.exec(PUT, COMPLETE, shapeText(emptyRow().shape), new ArrayBuffer(0));
    isComplete = true;
    outdated.clear();
  }

  /** @param before the stored row, which has the keys of the sockets that are not in memory */
  function writeRow(
    table: string,
    fresh: readonly { readonly number: number; readonly keys: KeysByTable }[],
    before: IndexRow | undefined,
  ): void {
    const columns = new Set(before?.shape.columns);
    const prefixes = new Set(before?.shape.prefixes);
    const keysOf = new Map<number, ReadonlySet<number>>();
    for (const [socket, keys] of before ? keysOfSockets(decodeGroups(before.groups)) : []) {
      if (isAsleep(socket)) keysOf.set(socket, keys);
    }
    for (const { number, keys } of fresh) {
      const own = keys.get(table);
      if (!own) continue;
      for (const column of own.columns) columns.add(column);
      for (const length of own.prefixes) prefixes.add(length);
      // Sockets whose numbers are equal are restored together.
      const all = new Set([...(keysOf.get(number) ?? []), ...own.keys]);
      keysOf.set(number, all.has(ANY_CHANGE) ? new Set([ANY_CHANGE]) : all);
    }
    if (keysOf.size === 0) return void sql.exec("DELETE FROM _wake_index WHERE name = ?", table);
    const shape: Shape = { columns: [...columns], prefixes: [...prefixes] };
    sql.exec(PUT, table, shapeText(shape), encodeGroups(groupSockets(keysOf)));
  }

  /** The result for a flush that the index cannot answer. Writes the index soon. */
  function allSockets(): "all" {
    schedule();
    return "all";
  }

  /** Returns the tables for which `next` has keys that `old` does not have. */
  function tablesWithMoreKeys(old: KeysByTable | undefined, next: KeysByTable): readonly string[] {
    if (last.old === old && last.next === next) return last.tables;
    const tables = [...next].flatMap(([table, { keys }]) => (includes(old?.get(table)?.keys, keys) ? [] : [table]));
    last = { old, next, tables };
    return tables;
  }

  return {
    /**
     * Returns the numbers of the sockets that a flush concerns, possibly with some that are no longer open. Returns `"all"` if the
     * stored index may lack some of them.
     */
    findSockets(flush: Flush): ReadonlySet<number> | "all" {
      if (isComplete === false || flush.tables.length > MAX_VALUES - 2) return allSockets();
      const known = readRows([...flush.tables, ALL_TABLES]);
      if (!isComplete) return allSockets();
      const found = new Set<number>();
      for (const [table, stored] of known) {
        // If this instance has made the row outdated, the previous row is still correct for the sockets that are not in memory.
        const row = outdated.get(table) ?? stored;
        if (row === stored && stored.groups.byteLength === 0) {
          outdated.set(table, undefined);
          return allSockets();
        }
        const keyed = { columns: new Set(row.shape.columns), prefixes: new Set(row.shape.prefixes) };
        addSocketsWithKeys(
          found,
          row.groups,
          table === ALL_TABLES ? undefined : changedKeys(flush, table, keyed, rows),
        );
      }
      return found;
    },

    /**
     * Records that the stored state of a subscription has changed. Call it in the turn in which the state is stored. A subscription
     * that ends stays in the index until its table's row is written again, because a written row costs more than a restore.
     *
     * @param before `undefined` for a new subscription
     */
    onChange(before: StoredSubscription | undefined, after: StoredSubscription): void {
      if ((before && haveSameKeys(before, after)) || !isInitialized()) return;
      const tables = tablesWithMoreKeys(before && wakeKeysOf(before), wakeKeysOf(after));
      for (const table of tables) invalidate(table);
      if (tables.length > 0) schedule();
    },

    /**
     * Stops writing, because a newer instance of the object does, which has the other sockets. Rows of a subscription that this
     * instance still adds become outdated.
     */
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

export type WakeIndex = ReturnType<typeof createWakeIndex>;

const emptyRow = (): IndexRow => ({ shape: { columns: [], prefixes: [] }, groups: new ArrayBuffer(0) });
const shapeText = (shape: Shape): string => JSON.stringify(shape);

/** Whether two states of a subscription certainly have the same keys. Compares only what is cheap to compare. */
function haveSameKeys(one: StoredSubscription, other: StoredSubscription): boolean {
  if (one.kind !== other.kind || one.tables !== other.tables || one.live?.reads !== other.live?.reads) return false;
  return one.kind === "tracked" || (one.cursor === undefined) === (other.cursor === undefined);
}

function includes(known: ReadonlySet<number> | undefined, keys: ReadonlySet<number>): boolean {
  if (!known) return false;
  return known.has(ANY_CHANGE) || known.isSupersetOf(keys);
}

function keysOfAll(subscriptions: Iterable<StoredSubscription>): KeysByTable {
  const collector = createKeyCollector();
  for (const subscription of subscriptions) collector.addAll(wakeKeysOf(subscription));
  return collector.tables;
}
