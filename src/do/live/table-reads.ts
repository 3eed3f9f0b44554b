import { cannotMatch, type SimpleCondition } from "../tables/query/simple-condition.js";
import type { Read } from "../tables/reads/read-recorder.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { MultiMap } from "./multi-map.js";

/** The net change of one row. */
export interface RowChange {
  readonly id: string;
  readonly type: "create" | "update" | "delete";
  /** Returns the current value of a column; `undefined` if it is not known. */
  readonly valueOf: (column: string) => SqlValue | undefined;
}

/**
 * The readers of one table. A change concerns a query if the query found the row, or if the row matches the query's condition now.
 * The row's previous state is unknown, but does not matter: if it matched, the query found the row, or the row was beyond the
 * query's limit.
 */
export function createTableReads<TReader extends object>() {
  const wholeTable = new MultiMap<"", TReader>();
  /** Readers of single rows. An id never changes, so no other column has to be compared. */
  const byId = new MultiMap<string, TReader>();
  const byPrefix = new MultiMap<string, TReader>();
  /** Readers whose condition requires a value of a column. */
  const byValue = new Map<string, MultiMap<SqlValue, Entry>>();
  /** Readers whose conditions cannot be indexed by a value. */
  const unindexed = new MultiMap<"", Entry>();
  const byFound = new MultiMap<string, TReader>();
  /** Readers whose found rows are unknown: any row that existed before may be one of them. */
  const withUnknownRows = new MultiMap<"", TReader>();
  const entries = new Map<Read, Entry>();
  const all = new Map<TReader, number>();

  interface Entry {
    readonly where: readonly SimpleCondition[];
    readonly reader: TReader;
    readonly found: readonly string[] | undefined;
  }

  function valuesOf(column: string): MultiMap<SqlValue, Entry> {
    const values = byValue.get(column) ?? new MultiMap<SqlValue, Entry>();
    byValue.set(column, values);
    return values;
  }

  /** Adds a reader to the indexes for a read, or deletes it from them. */
  function updateIndex(action: "add" | "delete", read: Read, entry: Entry): void {
    const { where, reader } = entry;
    if (read.where === undefined) return wholeTable[action]("", reader);
    const ids = where.find(({ column, operator }) => column === "id" && isEquality(operator));
    if (ids) return ids.values.forEach((id) => byId[action](String(id), reader));
    const prefix = where.find(({ column, operator }) => column === "id" && operator === "startsWith");
    if (prefix) return byPrefix[action](String(prefix.values[0]), reader);
    const equality = where.find(({ operator }) => isEquality(operator));
    if (!equality) unindexed[action]("", entry);
    else for (const value of equality.values) valuesOf(equality.column)[action](value, entry);
    if (!entry.found) return withUnknownRows[action]("", reader);
    for (const id of entry.found) byFound[action](id, reader);
  }

  function addMatching(touched: Set<TReader>, entry: Entry, { valueOf }: RowChange): void {
    if (!touched.has(entry.reader) && !cannotMatch(entry.where, valueOf)) touched.add(entry.reader);
  }

  return {
    add(read: Read, reader: TReader): void {
      const entry: Entry = { where: read.where ?? [], reader, found: read.found };
      entries.set(read, entry);
      all.set(reader, (all.get(reader) ?? 0) + 1);
      updateIndex("add", read, entry);
    },

    /** @param read the same object that was added */
    remove(read: Read, reader: TReader): void {
      const entry = entries.get(read);
      if (!entry) return;
      entries.delete(read);
      const remaining = (all.get(reader) ?? 1) - 1;
      if (remaining > 0) all.set(reader, remaining);
      else all.delete(reader);
      updateIndex("delete", read, entry);
    },

    isEmpty: (): boolean => entries.size === (wholeTable.get("")?.size ?? 0),
    /** Whether a reader's condition depends on the values of rows. */
    needsRows: (): boolean => byValue.size > 0 || unindexed.size > 0,

    addAll: (touched: Set<TReader>): void => addTo(touched, all.keys()),
    addWhole: (touched: Set<TReader>): void => addTo(touched, wholeTable.get("")),

    addChange(touched: Set<TReader>, change: RowChange): void {
      const { id, type, valueOf } = change;
      addTo(touched, byId.get(id));
      for (const prefix of byPrefix.keys()) if (id.startsWith(prefix)) addTo(touched, byPrefix.get(prefix));
      addTo(touched, byFound.get(id));
      if (type !== "create") addTo(touched, withUnknownRows.get(""));
      if (type === "delete") return;
      for (const [column, values] of byValue) {
        const value = valueOf(column);
        const matching = value === undefined ? [...values.keys()] : [value];
        for (const each of matching) for (const entry of values.get(each) ?? []) addMatching(touched, entry, change);
      }
      for (const entry of unindexed.get("") ?? []) addMatching(touched, entry, change);
    },
  };
}

export type TableReads<TReader extends object> = ReturnType<typeof createTableReads<TReader>>;

function isEquality(operator: SimpleCondition["operator"]): boolean {
  return operator === "==" || operator === "in";
}

function addTo<TReader>(touched: Set<TReader>, readers: Iterable<TReader> | undefined): void {
  for (const reader of readers ?? []) touched.add(reader);
}
