import type { Flush } from "../change-log/flush.js";
import { prefixesOf } from "../change-log/row-filter.js";
import type { StoredSubscription } from "../connections/attachment.js";
import type { StoredRow } from "../tables/query/rows-by-id.js";
import type { SimpleCondition } from "../tables/query/simple-condition.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { ALL_TABLES, type Read } from "../tables/reads/read-recorder.js";

/**
 * Hashes of the ids and values that a subscription depends on. A change of the table concerns the subscription only if it has one
 * of them. Two texts with the same hash only cause an unnecessary restore.
 */
export interface WakeKeys {
  readonly keys: ReadonlySet<number>;
  /** Columns whose values are among the keys. */
  readonly columns: ReadonlySet<string>;
  /** Lengths of the prefixes of ids that are among the keys. */
  readonly prefixes: ReadonlySet<number>;
}

/** The keys of one or several subscriptions, by table. */
export type KeysByTable = ReadonlyMap<string, WakeKeys>;

/** The key that every change of the table has. */
export const ANY_CHANGE = 0;
/** The key of every change to a row that existed before. A query may have found the row by its previous values, which are unknown. */
const EXISTING_ROW = 1;
const FIRST_HASH = 2;

/** A flush with more changes than this concerns all readers of the table. */
const MAX_CHANGES = 1_000;

/** Collects keys, by table. */
export function createKeyCollector() {
  interface MutableKeys {
    readonly keys: Set<number>;
    readonly columns: Set<string>;
    readonly prefixes: Set<number>;
  }
  const tables = new Map<string, MutableKeys>();

  function keysOf(table: string): MutableKeys {
    const known = tables.get(table) ?? { keys: new Set(), columns: new Set(), prefixes: new Set() };
    tables.set(table, known);
    return known;
  }

  return {
    tables: tables as KeysByTable,
    addAny: (table: string): void => void keysOf(table).keys.add(ANY_CHANGE),
    addExisting: (table: string): void => void keysOf(table).keys.add(EXISTING_ROW),
    addId: (table: string, id: string): void => void keysOf(table).keys.add(idKey(id)),
    addPrefix(table: string, prefix: string): void {
      const own = keysOf(table);
      own.keys.add(prefixKey(prefix));
      own.prefixes.add(prefix.length);
    },
    addValue(table: string, column: string, value: SqlValue): void {
      const own = keysOf(table);
      own.keys.add(valueKey(column, value));
      own.columns.add(column);
    },
    addAll(others: KeysByTable): void {
      for (const [table, { keys, columns, prefixes }] of others) {
        const own = keysOf(table);
        for (const key of keys) own.keys.add(key);
        for (const column of columns) own.columns.add(column);
        for (const length of prefixes) own.prefixes.add(length);
      }
    },
  };
}

type KeyCollector = ReturnType<typeof createKeyCollector>;

/** The keys of each list of reads. Subscriptions that share a result share its reads. */
const keysByReads = new WeakMap<readonly Read[], KeysByTable>();
const noKeys: KeysByTable = new Map();

/** Returns the keys of a subscription. A change without any of them does not concern it. */
export function wakeKeysOf({ kind, tables, rows, cursor, live }: StoredSubscription): KeysByTable {
  if (kind === "live") return live ? keysOfReads(live.reads) : noKeys;
  const collector = createKeyCollector();
  for (const table of tables) {
    if (kind !== "source" || !rows) collector.addAny(table);
    else if ("id" in rows) collector.addId(table, rows.id);
    else for (const prefix of prefixesOf(rows)) collector.addPrefix(table, prefix);
  }
  // The subscription has missed changes, and catches up when the object wakes.
  if (cursor !== undefined && kind !== "tracked") collector.addAny(ALL_TABLES);
  return collector.tables;
}

function keysOfReads(reads: readonly Read[]): KeysByTable {
  const known = keysByReads.get(reads);
  if (known) return known;
  const collector = createKeyCollector();
  for (const read of reads) addRead(collector, read);
  keysByReads.set(reads, collector.tables);
  return collector.tables;
}

/**
 * Adds the keys of a read. The rows that a query found are not among them, because they change with its results, and each change
 * of the index costs written rows. So a query by a value wakes for every change of an existing row, and for new rows that have
 * the value.
 */
function addRead(collector: KeyCollector, { table, where }: Read): void {
  if (where === undefined || table === ALL_TABLES) return collector.addAny(table);
  const ids = where.find(({ column, operator }) => column === "id" && isEquality(operator));
  if (ids) return ids.values.forEach((id) => collector.addId(table, String(id)));
  const prefix = where.find(({ column, operator }) => column === "id" && operator === "startsWith");
  if (prefix) return collector.addPrefix(table, String(prefix.values[0]));
  const equality = where.find(({ operator }) => isEquality(operator));
  if (!equality) return collector.addAny(table);
  collector.addExisting(table);
  for (const value of equality.values) collector.addValue(table, equality.column, value);
}

function isEquality(operator: SimpleCondition["operator"]): boolean {
  return operator === "==" || operator === "in";
}

/**
 * Returns the keys of the changes of a table in a flush; `undefined` if they may have any key.
 *
 * @param rows returns stored rows by id; `undefined` if the table is not one of the app's
 */
export function changedKeys(
  flush: Flush,
  table: string,
  { columns, prefixes }: Pick<WakeKeys, "columns" | "prefixes">,
  rows: (table: string, ids: readonly string[]) => ReadonlyMap<string, StoredRow> | undefined,
): ReadonlySet<number> | undefined {
  const changes = flush.net(table);
  if (changes.length > MAX_CHANGES) return undefined;
  const keys = new Set<number>([ANY_CHANGE]);
  const existing = changes.filter(({ type }) => type !== "delete").map(({ id }) => id);
  const stored = columns.size > 0 && existing.length > 0 ? rows(table, existing) : undefined;
  for (const { id, type } of changes) {
    keys.add(idKey(id));
    for (const length of prefixes) if (id.length >= length) keys.add(prefixKey(id.slice(0, length)));
    if (type !== "create") keys.add(EXISTING_ROW);
    if (type === "delete") continue;
    for (const column of columns) {
      const value = stored?.get(id)?.[column];
      if (value === undefined) return undefined;
      keys.add(valueKey(column, value));
    }
  }
  return keys;
}

const idKey = (id: string): number => fnv1a(`i${id}`);
const prefixKey = (prefix: string): number => fnv1a(`p${prefix}`);

const valueKey = (column: string, value: SqlValue): number => fnv1a(`v${column} ${JSON.stringify(value)}`);

/** The FNV-1a hash of the UTF-16 units of a text. Hashes are stored, so the function must not change. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const unsigned = hash >>> 0;
  return unsigned < FIRST_HASH ? unsigned + FIRST_HASH : unsigned;
}
