import type { Flush } from "../change-log/change-hub.js";
import type { StoredSubscription } from "../connections/attachment.js";
import type { StoredRow } from "../tables/query/rows-by-id.js";
import type { SimpleCondition } from "../tables/query/simple-condition.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { ALL_TABLES, type Read } from "../tables/reads/read-recorder.js";

/**
 * What a change of a table must have in common with a subscription to concern it, as hashes. Different texts with equal hashes
 * only cause a useless restore.
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

/** Every change of the table. */
export const ANY_CHANGE = 0;
/** Every change of a row that existed before: the row's previous values, which a query may have found, are unknown. */
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

  function of(table: string): MutableKeys {
    const known = tables.get(table) ?? { keys: new Set(), columns: new Set(), prefixes: new Set() };
    tables.set(table, known);
    return known;
  }

  return {
    tables: tables as KeysByTable,
    any: (table: string): void => void of(table).keys.add(ANY_CHANGE),
    existing: (table: string): void => void of(table).keys.add(EXISTING_ROW),
    id: (table: string, id: string): void => void of(table).keys.add(idKey(id)),
    prefix(table: string, prefix: string): void {
      const own = of(table);
      own.keys.add(prefixKey(prefix));
      own.prefixes.add(prefix.length);
    },
    value(table: string, column: string, value: SqlValue): void {
      const own = of(table);
      own.keys.add(valueKey(column, value));
      own.columns.add(column);
    },
    addAll(others: KeysByTable): void {
      for (const [table, { keys, columns, prefixes }] of others) {
        const own = of(table);
        for (const key of keys) own.keys.add(key);
        for (const column of columns) own.columns.add(column);
        for (const length of prefixes) own.prefixes.add(length);
      }
    },
  };
}

type KeyCollector = ReturnType<typeof createKeyCollector>;

/** The keys of reads. Subscriptions that share a result share its reads. */
const ofReads = new WeakMap<readonly Read[], KeysByTable>();
const noKeys: KeysByTable = new Map();

/** Returns the keys of a subscription. A change without any of them does not concern it. */
export function wakeKeysOf({ kind, tables, rows, cursor, live }: StoredSubscription): KeysByTable {
  if (kind === "live") return live ? keysOfReads(live.reads) : noKeys;
  const collector = createKeyCollector();
  for (const table of tables) {
    if (kind !== "source" || !rows) collector.any(table);
    else if ("id" in rows) collector.id(table, rows.id);
    else collector.prefix(table, rows.prefix);
  }
  // It has missed changes, and catches up when the object wakes.
  if (cursor !== undefined && kind !== "tracked") collector.any(ALL_TABLES);
  return collector.tables;
}

function keysOfReads(reads: readonly Read[]): KeysByTable {
  const known = ofReads.get(reads);
  if (known) return known;
  const collector = createKeyCollector();
  for (const read of reads) addRead(collector, read);
  ofReads.set(reads, collector.tables);
  return collector.tables;
}

/**
 * The rows that a query found are left out: they change with its results, and each change would cost written rows. A query by a
 * value therefore wakes with every change of an existing row, and with new rows that have the value.
 */
function addRead(collector: KeyCollector, { table, where }: Read): void {
  if (where === undefined || table === ALL_TABLES) return collector.any(table);
  const ids = where.find(({ column, operator }) => column === "id" && isEquality(operator));
  if (ids) return ids.values.forEach((id) => collector.id(table, String(id)));
  const prefix = where.find(({ column, operator }) => column === "id" && operator === "startsWith");
  if (prefix) return collector.prefix(table, String(prefix.values[0]));
  const equality = where.find(({ operator }) => isEquality(operator));
  if (!equality) return collector.any(table);
  collector.existing(table);
  for (const value of equality.values) collector.value(table, equality.column, value);
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

const idKey = (id: string): number => hashText(`i${id}`);
const prefixKey = (prefix: string): number => hashText(`p${prefix}`);

const valueKey = (column: string, value: SqlValue): number => hashText(`v${column} ${JSON.stringify(value)}`);

/** FNV-1a over UTF-16 units. Stored, so it never changes. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const unsigned = hash >>> 0;
  return unsigned < FIRST_HASH ? unsigned + FIRST_HASH : unsigned;
}
