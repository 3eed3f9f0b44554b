import type { Flush } from "../change-log/flush.js";
import { ALL_TABLES, type Read, type ReadRecorder } from "../tables/reads/read-recorder.js";

/** A run with more reads of a table than this counts as having read the whole table. */
const MAX_READS = 200;

/** Most row ids that are stored per read for hibernation. With more, the first change after hibernation runs the query. */
const MAX_STORED_IDS = 20;

/** The data that one run of a query has read. */
export interface Reads {
  readonly recorder: ReadRecorder;
  /** Whether the run has read a property of the caller. */
  dependsOnCaller(): boolean;
  list(): Read[];
  /** Whether a flush has written to a table that the run has read. */
  isAffectedBy(flush: Flush): boolean;
}

/** Records the reads of a run. */
export function createReads(): Reads {
  const tables = new Map<string, Map<string, Read>>();
  let hasReadCaller = false;

  return {
    recorder: {
      recordRead(read) {
        const own = tables.get(read.table) ?? new Map<string, Read>();
        tables.set(read.table, own);
        if (own.has("*")) return;
        if (read.where === undefined || own.size >= MAX_READS) {
          own.clear();
          own.set("*", { table: read.table });
        } else {
          own.set(JSON.stringify(read), read);
        }
      },
      recordCaller() {
        hasReadCaller = true;
      },
    },
    dependsOnCaller: () => hasReadCaller,
    list: () => [...tables.values()].flatMap((own) => [...own.values()]),
    isAffectedBy: (flush) => tables.has(ALL_TABLES) || flush.tables.some((table) => tables.has(table)),
  };
}

/** Returns the reads of a run as they are stored for hibernation. */
export function toStoredReads(reads: readonly Read[]): readonly Read[] {
  return reads.map(({ found, ...read }) => (found && found.length <= MAX_STORED_IDS ? { ...read, found } : read));
}

export function isSameReads(one: readonly Read[] | undefined, other: readonly Read[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
