import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";
import type { AlarmTask } from "../lifecycle/alarms.js";
import { pruneLog } from "./prune-log.js";
import { readRaw } from "../tables/codec/sql-value.js";

/** Limits of the change log of an object. A subscriber that resumes from a pruned position gets one `reset`. */
export interface ChangeLogRetention {
  /**
   * Maximum number of entries.
   * @default 50000
   */
  readonly maxEntries?: number;
  /**
   * Approximate maximum size, in bytes.
   * @default 8388608 (8 MiB)
   */
  readonly maxBytes?: number;
  /**
   * Maximum age of an entry, in seconds.
   * @default 604800 (7 days)
   */
  readonly maxAge?: number;
}

const DAY = 24 * 60 * 60;

/** Checks the option and fills in its defaults. @throws Error with the name of the option that is not valid */
export function retentionOf(given: ChangeLogRetention = {}): Required<ChangeLogRetention> {
  checkOptionNames("changeLog", given, { maxEntries: true, maxBytes: true, maxAge: true });
  const filled = withDefaultOptions({ maxEntries: 50_000, maxBytes: 8 * 1_048_576, maxAge: 7 * DAY }, given);
  checkNumber("changeLog.maxEntries", filled.maxEntries);
  checkNumber("changeLog.maxBytes", filled.maxBytes, { min: ENTRY_BYTES });
  checkNumber("changeLog.maxAge", filled.maxAge, { max: MAX_DURATION_SECONDS, isWhole: false });
  return filled;
}

/** Maximum number of entries that one run deletes, because calls wait for the run. */
const PAGE = 5_000;
/** The log is pruned when it exceeds its limit by this factor. */
const SLACK = 1.1;
/** Minimum size of an entry, in bytes. */
const ENTRY_BYTES = 64;

export interface ChangeLogPrunerOptions {
  readonly sql: SqlStorage;
  readonly retention: Required<ChangeLogRetention>;
  readonly isInitialized: () => boolean;
  /** Sets the alarm of the object. */
  readonly arm: () => void;
}

/** Prunes the change log to its limits by alarm, a page at a time. */
export function createChangeLogPruner({ sql, retention, isInitialized, arm }: ChangeLogPrunerOptions) {
  const { maxEntries, maxBytes, maxAge } = retention;
  const maxLength = Math.min(maxEntries, Math.floor(maxBytes / ENTRY_BYTES));
  const checkInterval = Math.max(1, Math.floor(maxLength * (SLACK - 1)));
  const checkBytes = Math.max(1, maxBytes * (SLACK - 1));
  let written = 0;
  // Not zero, because an object that wakes for a few events at a time would never reach the interval.
  let writtenBytes = Math.random() * checkBytes;
  /** Whether the size of the log must be measured, because many bytes of events were written. */
  let isSizeUnknown = false;

  // Without the first entry, which is never pruned.
  const bounds = (): { length: number; oldest: number } | undefined => {
    const [row] = readRaw(
      sql,
      `SELECT (SELECT max(seq) FROM _changes) - seq, at FROM _changes WHERE seq > 1 ORDER BY seq LIMIT 1`,
    );
    return row && { length: Number(row[0]), oldest: Number(row[1]) };
  };

  const task: AlarmTask = {
    name: "change log",
    due() {
      const stored = isInitialized() ? bounds() : undefined;
      if (!stored || stored.length === 0) return undefined;
      if (isSizeUnknown) return 0;
      return stored.length > maxLength * SLACK ? 0 : stored.oldest + maxAge * 1000;
    },
    run(now) {
      const pruned = pruneLog(sql, { maxRows: maxLength, maxBytes, maxAgeMs: maxAge * 1000, now, page: PAGE });
      if (pruned < PAGE) isSizeUnknown = false;
    },
  };

  return {
    task,
    /** Counts the rows of a write. The log is measured only now and then, because measuring costs as much as a write. */
    onWrite(rows: number): void {
      written += rows;
      if (written < checkInterval) return;
      written %= checkInterval;
      arm();
    },

    /** Counts the bytes of an event, whose data is in the log. */
    onEvent(bytes: number): void {
      writtenBytes += bytes;
      if (writtenBytes < checkBytes) return;
      writtenBytes %= checkBytes;
      isSizeUnknown = true;
      arm();
    },
  };
}
