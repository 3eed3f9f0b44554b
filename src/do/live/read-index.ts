import type { Flush } from "../change-log/flush.js";
import { ALL_TABLES, type Read } from "../tables/reads/read-recorder.js";
import type { StoredRow } from "../tables/query/rows-by-id.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { createTableReads, type TableReads } from "./table-reads.js";

export interface ReadIndexOptions {
  /** Returns stored rows by id and column, without deleted ones; `undefined` if the table is not one of the app's. */
  readonly rows: (table: string, ids: readonly string[]) => ReadonlyMap<string, StoredRow> | undefined;
}

/** A flush with more changes than this counts as a write to every row of the table. */
const MAX_CHANGES = 1_000;

/** Most rows and values that are indexed for all readers: with about 100 bytes each, 10 MB. */
const MAX_ENTRIES = 100_000;

/** Indexes readers by the data that they read, so that a write finds the readers it concerns without checking the others. */
export function createReadIndex<TReader extends object>({ rows }: ReadIndexOptions, maxEntries = MAX_ENTRIES) {
  const tables = new Map<string, TableReads<TReader>>();
  const readsOf = new Map<TReader, readonly Read[]>();
  let entryCount = 0;

  function tableOf(name: string): TableReads<TReader> {
    const table = tables.get(name) ?? createTableReads<TReader>();
    tables.set(name, table);
    return table;
  }

  function remove(reader: TReader): void {
    for (const read of readsOf.get(reader) ?? []) {
      tableOf(read.table).remove(read, reader);
      entryCount -= entriesOf(read);
    }
    readsOf.delete(reader);
  }

  /** Adds the readers that the writes to one table concern. */
  function addTouched(touched: Set<TReader>, table: TableReads<TReader>, name: string, flush: Flush): void {
    table.addWhole(touched);
    if (table.isEmpty()) return;
    const changes = flush.net(name);
    if (changes.length > MAX_CHANGES) return table.addAll(touched);
    const existing = changes.filter(({ type }) => type !== "delete").map(({ id }) => id);
    const stored = table.needsRows() && existing.length > 0 ? rows(name, existing) : undefined;
    const unknown = (): SqlValue | undefined => undefined;
    for (const { id, type } of changes) {
      const row = stored?.get(id);
      table.addChange(touched, { id, type, valueOf: row ? (column) => row[column] : unknown });
    }
  }

  return {
    /**
     * Replaces the reads of a reader, and returns the reads that are indexed. Beyond `maxEntries` these are whole tables, so the
     * reader runs more often than necessary.
     */
    set(reader: TReader, reads: readonly Read[]): readonly Read[] {
      remove(reader);
      const added = reads.reduce((sum, read) => sum + entriesOf(read), 0);
      const known = entryCount + added > maxEntries ? wholeTables(reads) : reads;
      readsOf.set(reader, known);
      for (const read of known) {
        tableOf(read.table).add(read, reader);
        entryCount += entriesOf(read);
      }
      return known;
    },

    /** The number of rows and values in the index. */
    entryCount: (): number => entryCount,

    of: (reader: TReader): readonly Read[] | undefined => readsOf.get(reader),

    remove,

    /** Returns the readers whose results a flush may change. */
    touched(flush: Flush): Set<TReader> {
      const touched = new Set<TReader>();
      for (const name of flush.tables) {
        const table = tables.get(name);
        if (table) addTouched(touched, table, name, flush);
      }
      tables.get(ALL_TABLES)?.addAll(touched);
      return touched;
    },
  };
}

/** The number of rows and values in the index for a read. */
function entriesOf({ where, found }: Read): number {
  const values = where?.reduce((sum, condition) => sum + condition.values.length, 1) ?? 0;
  return values + (found?.length ?? 0);
}

function wholeTables(reads: readonly Read[]): Read[] {
  return Array.from(new Set(reads.map(({ table }) => table)), (table) => ({ table }));
}
