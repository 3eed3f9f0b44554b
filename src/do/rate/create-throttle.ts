import { ReasonedError } from "../../router/reasoned-error.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { delayOf, durationText, memoryOf, type Failures, type ThrottleOptions } from "./throttle-delay.js";

export const throttleSchema =
  "CREATE TABLE IF NOT EXISTS _throttle (name TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export interface CreateThrottleOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  /** Gives the object its schema if it has none, and runs `work`. */
  readonly initialize: (work: () => void) => void;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  readonly options: Required<ThrottleOptions>;
  /** Called after what was stored has been forgotten. */
  readonly onForgotten?: () => void | Promise<void>;
}

/** A try that was counted as wrong before its outcome was known. */
export interface Attempt {
  /** Takes this one count back: the password was right. The counts of other attempts stay. */
  succeeded(): void;
  /** Deletes this attempt's count and those before it, of the same name. Attempts that began later stay counted. */
  clear(): void;
}

/** Slows down password guessing. Attempts with the same name are counted together: the account's, or one device's. */
export interface Throttle {
  /**
   * Counts an attempt as wrong before the password is checked, because concurrent attempts would all pass otherwise.
   *
   * @throws ReasonedError TOO_MANY_REQUESTS when the name has to wait
   */
  begin(name: string): Attempt;
  /** Deletes the count of one name. */
  forget(name: string): void;
  /** Deletes the counts of all names. */
  forgetAll(): void;
  /** Whether anything is stored. */
  holds(): boolean;
}

/**
 * Every wrong password is stored from the first on, because memory does not survive the object's eviction. An address
 * without an account is counted in the same way, so that it cannot be distinguished; the alarm deletes what that leaves.
 */
export function createThrottle({
  sql,
  isInitialized,
  initialize,
  alarms,
  options,
  onForgotten,
}: CreateThrottleOptions): Throttle {
  /** Changes with `forgetAll`. An attempt that began before has nothing left to take back. */
  let generation = 0;

  function read(name: string): Failures | undefined {
    const [row] = isInitialized() ? sql.exec("SELECT * FROM _throttle WHERE name = ?", name).toArray() : [];
    return row && { count: Number(row["count"]), lastAt: Number(row["last_at"]) };
  }

  function write(name: string, { count, lastAt }: Failures): void {
    if (count > 0)
      sql.exec("INSERT OR REPLACE INTO _throttle (name, count, last_at) VALUES (?, ?, ?)", name, count, lastAt);
    else sql.exec("DELETE FROM _throttle WHERE name = ?", name);
    alarms.arm();
  }

  const expiresAt = ({ count, lastAt }: Failures): number => lastAt + memoryOf(count, options);

  const all = (): (Failures & { readonly name: string })[] =>
    isInitialized()
      ? sql
          .exec("SELECT * FROM _throttle")
          .toArray()
          .map((row) => ({
            name: String(row["name"]),
            count: Number(row["count"]),
            lastAt: Number(row["last_at"]),
          }))
      : [];

  alarms.register({
    name: "throttle",
    due() {
      const rows = all();
      return rows.length > 0 ? Math.min(...rows.map(expiresAt)) : undefined;
    },
    async run(now) {
      for (const row of all()) {
        if (expiresAt(row) <= now) sql.exec("DELETE FROM _throttle WHERE name = ?", row.name);
      }
      await onForgotten?.();
    },
  });

  return {
    begin(name) {
      const now = Date.now();
      const stored = read(name);
      const before = stored && now < expiresAt(stored) ? stored : { count: 0, lastAt: 0 };
      const delay = delayOf(before, options, now);
      if (delay > 0) throw slowDown(delay);
      const counted = { count: before.count + 1, lastAt: now };
      initialize(() => write(name, counted));

      const startedIn = generation;
      /** Subtracts `count`. Without later attempts, the wait is measured from the attempt before this one again. */
      function takeBack(count: number): void {
        const current = startedIn === generation ? read(name) : undefined;
        if (!current) return;
        const isLast = current.count === counted.count && current.lastAt === counted.lastAt;
        write(name, { count: current.count - count, lastAt: isLast ? before.lastAt : current.lastAt });
      }
      return { succeeded: () => takeBack(1), clear: () => takeBack(counted.count) };
    },
    holds: () => isInitialized() && sql.exec("SELECT 1 FROM _throttle LIMIT 1").toArray().length > 0,
    forget(name) {
      if (read(name)) write(name, { count: 0, lastAt: 0 });
    },
    forgetAll() {
      generation++;
      if (!isInitialized()) return;
      const { rowsWritten } = sql.exec("DELETE FROM _throttle");
      if (rowsWritten > 0) alarms.arm();
    },
  };
}

function slowDown(delay: number): ReasonedError {
  const retryAfter = Math.ceil(delay / 1000);
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_WRONG_PASSWORDS",
    message: `Too many wrong passwords. Try again in ${durationText(retryAfter)}.`,
    retryAfter,
  });
}
