import { cannotMatch, type SimpleCondition } from "../tables/query/simple-condition.js";
import type { Read } from "../tables/reads/read-recorder.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { MultiMap } from "./multi-map.js";

/** What came of one row. */
export interface RowChange {
  readonly id: string;
  readonly type: "create" | "update" | "delete";
  /** What it holds now, as far as that is known. */
  readonly valueOf: (column: string) => SqlValue | undefined;
}

/**
 * The readers of one table. A change concerns a query if the row was among those that it found, or fits what it asks
 * for now. Whether an old state of the row did is not known, but if so, the row was found, or stood behind a limit
 * that what was found had reached already.
 */
export function createTableReads<TReader extends object>() {
  const whole = new MultiMap<"", TReader>();
  /** By a row's id, which never changes: nothing else of these has to be looked at. */
  const byId = new MultiMap<string, TReader>();
  const byPrefix = new MultiMap<string, TReader>();
  /** By what a column has to hold. */
  const byValue = new Map<string, MultiMap<SqlValue, Entry>>();
  /** Those that ask for nothing so simple. */
  const others = new MultiMap<"", Entry>();
  const byFound = new MultiMap<string, TReader>();
  /** Those of which it is not known what they found: any row that was there before may have been. */
  const blind = new MultiMap<"", TReader>();
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

  /** Puts a reader where its reads are looked for, or takes it away from there. */
  function place(action: "add" | "delete", read: Read, entry: Entry): void {
    const { where, reader } = entry;
    if (read.where === undefined) return whole[action]("", reader);
    const ids = where.find(({ column, operator }) => column === "id" && isEquality(operator));
    if (ids) return ids.values.forEach((id) => byId[action](String(id), reader));
    const prefix = where.find(({ column, operator }) => column === "id" && operator === "startsWith");
    if (prefix) return byPrefix[action](String(prefix.values[0]), reader);
    const equality = where.find(({ operator }) => isEquality(operator));
    if (!equality) others[action]("", entry);
    else for (const value of equality.values) valuesOf(equality.column)[action](value, entry);
    if (!entry.found) return blind[action]("", reader);
    for (const id of entry.found) byFound[action](id, reader);
  }

  function addFitting(touched: Set<TReader>, entry: Entry, { valueOf }: RowChange): void {
    if (!touched.has(entry.reader) && !cannotMatch(entry.where, valueOf)) touched.add(entry.reader);
  }

  return {
    add(read: Read, reader: TReader): void {
      const entry: Entry = { where: read.where ?? [], reader, found: read.found };
      entries.set(read, entry);
      all.set(reader, (all.get(reader) ?? 0) + 1);
      place("add", read, entry);
    },

    /** @param read the very one that was added */
    remove(read: Read, reader: TReader): void {
      const entry = entries.get(read);
      if (!entry) return;
      entries.delete(read);
      const rest = (all.get(reader) ?? 1) - 1;
      if (rest > 0) all.set(reader, rest);
      else all.delete(reader);
      place("delete", read, entry);
    },

    isEmpty: (): boolean => entries.size === (whole.get("")?.size ?? 0),
    /** Whether somebody asks for rows by what they hold. */
    looksAtRows: (): boolean => byValue.size > 0 || others.size > 0,

    addAll: (touched: Set<TReader>): void => addTo(touched, all.keys()),
    addWhole: (touched: Set<TReader>): void => addTo(touched, whole.get("")),

    addChange(touched: Set<TReader>, change: RowChange): void {
      const { id, type, valueOf } = change;
      addTo(touched, byId.get(id));
      for (const prefix of byPrefix.keys()) if (id.startsWith(prefix)) addTo(touched, byPrefix.get(prefix));
      addTo(touched, byFound.get(id));
      if (type !== "create") addTo(touched, blind.get(""));
      if (type === "delete") return;
      for (const [column, values] of byValue) {
        const value = valueOf(column);
        const fitting = value === undefined ? [...values.keys()] : [value];
        for (const each of fitting) for (const entry of values.get(each) ?? []) addFitting(touched, entry, change);
      }
      for (const entry of others.get("") ?? []) addFitting(touched, entry, change);
    },
  };
}

export type TableReads<TReader extends object> = ReturnType<typeof createTableReads<TReader>>;

function isEquality(operator: SimpleCondition["operator"]): boolean {
  return operator === "==" || operator === "in";
}

function addTo<TReader>(touched: Set<TReader>, some: Iterable<TReader> | undefined): void {
  for (const reader of some ?? []) touched.add(reader);
}
