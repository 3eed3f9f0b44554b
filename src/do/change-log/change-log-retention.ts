import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";
import type { WakeUp } from "../lifecycle/alarms.js";
import { pruneLog } from "./prune-log.js";
import { readRaw } from "../tables/codec/sql-value.js";

/** How much of its change log an object keeps. A subscriber that was away for longer gets one `reset`. */
export interface ChangeLogRetention {
  /**
   * Most entries.
   * @default 50000
   */
  readonly maxEntries?: number;
  /**
   * Most bytes, about.
   * @default 8388608 (8 MiB)
   */
  readonly maxBytes?: number;
  /**
   * How old an entry may be, in seconds.
   * @default 604800 (7 days)
   */
  readonly maxAge?: number;
}

const DAY = 24 * 60 * 60;

/** @throws Error that names the option which could not take effect */
export function retentionOf(given: ChangeLogRetention = {}): Required<ChangeLogRetention> {
  checkOptionNames("changeLog", given, { maxEntries: true, maxBytes: true, maxAge: true });
  const filled = withDefaultOptions({ maxEntries: 50_000, maxBytes: 8 * 1_048_576, maxAge: 7 * DAY }, given);
  checkNumber("changeLog.maxEntries", filled.maxEntries);
  checkNumber("changeLog.maxBytes", filled.maxBytes, { min: ENTRY_BYTES });
  checkNumber("changeLog.maxAge", filled.maxAge, { max: MAX_DURATION_SECONDS, isWhole: false });
  return filled;
}

/** Most entries that one run forgets: a long run would keep calls waiting. */
const PAGE = 5_000;
/** How far the log may grow over its limits before it is looked at. */
const SLACK = 1.1;
/** The smallest number of bytes that an entry takes. */
const ENTRY_BYTES = 64;

export interface ChangeLogPrunerOptions {
  readonly sql: SqlStorage;
  readonly retention: Required<ChangeLogRetention>;
  readonly isInitialized: () => boolean;
  /** Sets the object's alarm to what is due. */
  readonly arm: () => void;
}

/** Keeps the change log within its limits, a page at a time, by alarm. */
export function createChangeLogPruner({ sql, retention, isInitialized, arm }: ChangeLogPrunerOptions) {
  const { maxEntries, maxBytes, maxAge } = retention;
  const most = Math.min(maxEntries, Math.floor(maxBytes / ENTRY_BYTES));
  const lookEvery = Math.max(1, Math.floor(most * (SLACK - 1)));
  let written = 0;

  // The first entry stays for ever, so it says nothing of the log's age.
  const bounds = (): { length: number; oldest: number } | undefined => {
    const [row] = readRaw(
      sql,
      `SELECT (SELECT max(seq) FROM _changes) - seq, at FROM _changes WHERE seq > 1 ORDER BY seq LIMIT 1`,
    );
    return row && { length: Number(row[0]), oldest: Number(row[1]) };
  };

  const wakeUp: WakeUp = {
    name: "change log",
    due() {
      const stored = isInitialized() ? bounds() : undefined;
      if (!stored || stored.length === 0) return undefined;
      return stored.length > most * SLACK ? 0 : stored.oldest + maxAge * 1000;
    },
    run(now) {
      pruneLog(sql, { maxRows: most, maxBytes, maxAgeMs: maxAge * 1000, now, page: PAGE });
    },
  };

  return {
    wakeUp,
    /** Counts the rows of a write. Looking at the log after each would cost as much as the write. */
    onWrite(rows: number): void {
      written += rows;
      if (written < lookEvery) return;
      written %= lookEvery;
      arm();
    },
  };
}
