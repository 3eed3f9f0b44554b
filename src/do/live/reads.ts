import type { Flush } from "../change-log/change-hub.js";
import { ALL_TABLES, type Read, type ReadRecorder } from "../tables/reads/read-recorder.js";

/** Above this a query counts as having read the whole table. */
const MOST_READS = 200;

/** What one run of a query depended on. */
export interface Reads {
  readonly recorder: ReadRecorder;
  /** Whether it looked at who calls. */
  ofCaller(): boolean;
  list(): Read[];
  /** Whether something was written to what it has read so far. */
  spoiledBy(flush: Flush): boolean;
}

/** Collects what a run reads. */
export function createReads(): Reads {
  const tables = new Map<string, Map<string, Read>>();
  let looked = false;

  return {
    recorder: {
      read(read) {
        const own = tables.get(read.table) ?? new Map<string, Read>();
        tables.set(read.table, own);
        if (own.has("*")) return;
        if (read.where === undefined || own.size >= MOST_READS) {
          own.clear();
          own.set("*", { table: read.table });
        } else {
          own.set(JSON.stringify(read), read);
        }
      },
      caller() {
        looked = true;
      },
    },
    ofCaller: () => looked,
    list: () => [...tables.values()].flatMap((own) => [...own.values()]),
    spoiledBy: (flush) => tables.has(ALL_TABLES) || flush.tables.some((table) => tables.has(table)),
  };
}
