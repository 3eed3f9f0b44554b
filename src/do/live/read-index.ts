import type { Flush } from "../change-log/change-hub.js";
import { ALL_TABLES, type Read } from "../tables/reads/read-recorder.js";
import type { StoredRow } from "../tables/query/rows-by-id.js";
import type { SqlValue } from "../tables/codec/sql-value.js";
import { createTableReads, type TableReads } from "./table-reads.js";

export interface ReadIndexOptions {
  /** Rows as they are stored, by id and column; those that are gone are missing. `undefined` for no table of the app. */
  readonly rows: (table: string, ids: readonly string[]) => ReadonlyMap<string, StoredRow> | undefined;
}

/** Above this a flush counts as having written to all of a table. */
const MOST_CHANGES = 1_000;

/** Most rows and values of all readers that are remembered: with about 100 bytes each, 10 MB. */
const MOST_PLACES = 100_000;

/** Who has read what, kept so that a write finds those whom it may concern without looking at the others. */
export function createReadIndex<TReader extends object>({ rows }: ReadIndexOptions, mostPlaces = MOST_PLACES) {
  const tables = new Map<string, TableReads<TReader>>();
  const readsOf = new Map<TReader, readonly Read[]>();
  let places = 0;

  function tableOf(name: string): TableReads<TReader> {
    const table = tables.get(name) ?? createTableReads<TReader>();
    tables.set(name, table);
    return table;
  }

  function remove(reader: TReader): void {
    for (const read of readsOf.get(reader) ?? []) {
      tableOf(read.table).remove(read, reader);
      places -= placesOf(read);
    }
    readsOf.delete(reader);
  }

  /** Whom the writes of one table concern. */
  function addTouched(touched: Set<TReader>, table: TableReads<TReader>, name: string, flush: Flush): void {
    table.addWhole(touched);
    if (table.isEmpty()) return;
    const changes = flush.net(name);
    if (changes.length > MOST_CHANGES) return table.addAll(touched);
    const there = changes.filter(({ type }) => type !== "delete").map(({ id }) => id);
    const stored = table.looksAtRows() && there.length > 0 ? rows(name, there) : undefined;
    const unknown = (): SqlValue | undefined => undefined;
    for (const { id, type } of changes) {
      const row = stored?.get(id);
      table.addChange(touched, { id, type, valueOf: row ? (column) => row[column] : unknown });
    }
  }

  return {
    /**
     * Remembers what a reader has read last. Returns what is remembered: beyond `mostPlaces`, that it has read whole tables, so that
     * it runs more often than it had to.
     */
    set(reader: TReader, reads: readonly Read[]): readonly Read[] {
      remove(reader);
      const added = reads.reduce((sum, read) => sum + placesOf(read), 0);
      const known = places + added > mostPlaces ? wholeTables(reads) : reads;
      readsOf.set(reader, known);
      for (const read of known) {
        tableOf(read.table).add(read, reader);
        places += placesOf(read);
      }
      return known;
    },

    /** How many rows and values are remembered. */
    places: (): number => places,

    of: (reader: TReader): readonly Read[] | undefined => readsOf.get(reader),

    remove,

    /** Those whose reads may come to something else by what was written. */
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

/** The rows and values by which a read is found. */
function placesOf({ where, found }: Read): number {
  const values = where?.reduce((sum, condition) => sum + condition.values.length, 1) ?? 0;
  return values + (found?.length ?? 0);
}

function wholeTables(reads: readonly Read[]): Read[] {
  return Array.from(new Set(reads.map(({ table }) => table)), (table) => ({ table }));
}
