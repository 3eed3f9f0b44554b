import { ReasonedError } from "../../router/reasoned-error.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { delayOf, durationText, retentionOf, type Failures, type ThrottleOptions } from "./throttle-delay.js";

export const throttleSchema =
  "CREATE TABLE IF NOT EXISTS _throttle (name TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export interface CreateThrottleOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  /** Creates the schema of the object if it has none, and runs `work`. */
  readonly initialize: (work: () => void) => void;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  readonly options: Required<ThrottleOptions>;
  /** Called by the alarm after it has deleted expired counts. */
  readonly onExpired?: () => void | Promise<void>;
}

/** An attempt that counts as a wrong password until its outcome is known. */
export interface Attempt {
  /** Call it if the password was right. Subtracts this attempt only. */
  succeeded(): void;
  /** Subtracts this attempt and the earlier ones of the same name. Later attempts still count. */
  clear(): void;
}

/** Slows down password guessing. Attempts are counted by name: the name of the account, or of one device. */
export interface Throttle {
  /**
   * Counts an attempt as wrong before the password is checked. Otherwise, concurrent attempts would all be allowed.
   *
   * @throws ReasonedError TOO_MANY_REQUESTS, reason `TOO_MANY_WRONG_PASSWORDS`, while the name has to wait
   */
  begin(name: string): Attempt;
  /** Deletes the count of one name. */
  reset(name: string): void;
  /** Deletes the counts of all names. */
  resetAll(): void;
  /** Whether any count is stored. */
  hasCounts(): boolean;
}

/**
 * Stores every wrong password, from the first one, because the object's memory does not survive an eviction. An address without an
 * account is counted in the same way, so that attackers cannot distinguish it. The alarm deletes expired counts.
 */
export function createThrottle({
  sql,
  isInitialized,
  initialize,
  alarms,
  options,
  onExpired,
}: CreateThrottleOptions): Throttle {
  /** Increases with each `resetAll`. An earlier attempt has no count left to subtract. */
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

  const expiresAt = ({ count, lastAt }: Failures): number => lastAt + retentionOf(count, options);

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
      await onExpired?.();
    },
  });

  return {
    begin(name) {
      const now = Date.now();
      const stored = read(name);
      const before = stored && now < expiresAt(stored) ? stored : { count: 0, lastAt: 0 };
      const delay = delayOf(before, options, now);
      if (delay > 0) throw tooManyWrongPasswords(delay);
      const counted = { count: before.count + 1, lastAt: now };
      initialize(() => write(name, counted));

      const startedIn = generation;
      /** Subtracts `count`. If no attempt followed this one, the delay is measured from the attempt before it again. */
      function subtract(count: number): void {
        const current = startedIn === generation ? read(name) : undefined;
        if (!current) return;
        const isLast = current.count === counted.count && current.lastAt === counted.lastAt;
        write(name, { count: current.count - count, lastAt: isLast ? before.lastAt : current.lastAt });
      }
      return { succeeded: () => subtract(1), clear: () => subtract(counted.count) };
    },
    hasCounts: () => isInitialized() && sql.exec("SELECT 1 FROM _throttle LIMIT 1").toArray().length > 0,
    reset(name) {
      if (read(name)) write(name, { count: 0, lastAt: 0 });
    },
    resetAll() {
      generation++;
      if (!isInitialized()) return;
      const { rowsWritten } = sql.exec("DELETE FROM _throttle");
      if (rowsWritten > 0) alarms.arm();
    },
  };
}

function tooManyWrongPasswords(delay: number): ReasonedError {
  const retryAfter = Math.ceil(delay / 1000);
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_WRONG_PASSWORDS",
    message: `Too many wrong passwords. Try again in ${durationText(retryAfter)}.`,
    retryAfter,
  });
}
