import { runInDurableObject } from "cloudflare:test";
import { pruneLog } from "../../src/do/change-log/prune-log.js";
import { createHistory, Violation, type Entry } from "./history.js";
import type { TableName, Turn } from "./schedule.js";

const TABLES: readonly TableName[] = ["items", "notes"];

/** The writes that were sent to one object, and those that it committed. */
export function createLedger(object: () => DurableObjectStub) {
  const history = createHistory();
  const rows = { items: new Map<string, number>(), notes: new Map<string, number>() };
  /** Rows that a reply contained, and that were not looked up in the log yet. */
  const acknowledged: string[] = [];
  /** The writes that revoked sessions sent. */
  const refused = new Set<number>();
  let n = 0;
  let prunedTo = 0;

  return {
    history,
    /** The newest entry that was pruned. */
    prunedTo: (): number => prunedTo,
    rows: (table: TableName): ReadonlyMap<string, number> => rows[table],

    /** The next number that no row contains. The `more` numbers after it are reserved too. */
    number(more = 0): number {
      const next = n + 1;
      n = next + more;
      return next;
    },

    /** Builds the writes of a turn. Each has its own number, by which it is recognized. */
    numbered({ writes, fail }: Turn, isRevoked: boolean) {
      return {
        fail,
        writes: writes.map((write) => {
          n++;
          if (isRevoked) refused.add(n);
          return { ...write, n };
        }),
      };
    },

    acknowledge: (ids: readonly string[]): void => void acknowledged.push(...ids),

    /** Reads new entries, and compares the tables with them. Returns the number of new entries. */
    async read(): Promise<number> {
      const read = await runInDurableObject(object(), (_instance, { storage: { sql } }) => ({
        entries: sql
          .exec('SELECT seq, lower(hex(nonce)) AS nonce, "table", type, id FROM _changes WHERE seq > ?', history.head())
          .toArray() as unknown as Entry[],
        items: sql.exec("SELECT id, n FROM items").toArray(),
        notes: sql.exec("SELECT id, n FROM notes").toArray(),
      }));
      for (const entry of read.entries) history.add(entry);
      for (const table of TABLES) {
        rows[table] = new Map(read[table].map((row) => [String(row["id"]), Number(row["n"])]));
        const logged = history.existing(table, history.head());
        if (logged.length !== rows[table].size || logged.some((id) => !rows[table].has(id)))
          throw new Violation(`The log and the table ${table} differ.`);
        for (const value of rows[table].values())
          if (refused.has(value)) throw new Violation("A write of a revoked session was executed.");
      }
      for (const id of acknowledged.splice(0))
        if (TABLES.flatMap(history.ids).every((each) => each !== id))
          throw new Violation(`The acknowledged row ${id} was lost.`);
      return read.entries.length;
    },

    /** Prunes the object's log to the given number of entries. Returns how many it deleted. */
    prune: (maxRows: number): Promise<number> =>
      runInDurableObject(object(), (_instance, { storage: { sql } }) => {
        const pruned = pruneLog(sql, { maxRows, maxAgeMs: Number.MAX_SAFE_INTEGER });
        const [first] = sql.exec("SELECT min(seq) AS seq FROM _changes WHERE seq > 1").toArray();
        prunedTo = Number(first?.["seq"] ?? 2) - 1;
        return pruned;
      }),
  };
}
