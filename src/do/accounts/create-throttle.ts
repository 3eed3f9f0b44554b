import { TRPCError } from "@trpc/server";
import type { Alarms } from "../alarms.js";
import { delayOf, memoryOf, type Failures, type ThrottleOptions } from "./throttle-delay.js";

export const throttleSchema =
  "CREATE TABLE IF NOT EXISTS _throttle (name TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export interface CreateThrottleOptions {
  readonly sql: SqlStorage;
  readonly isBorn: () => boolean;
  /** Gives the object its schema if it has none, and runs `work`. */
  readonly birth: (work: () => void) => void;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  readonly options: Required<ThrottleOptions>;
  /** Called after what was stored has been forgotten. */
  readonly onForgotten?: () => void | Promise<void>;
}

/** Slows down who guesses passwords. A name is what is counted together: the account, or one device. */
export interface Throttle {
  /**
   * Counts a try as wrong before it is made: tries that run beside each other would all pass otherwise.
   * @throws TRPCError TOO_MANY_REQUESTS when the name has to wait
   */
  begin(name: string): void;
  /** The try was right: all is forgotten. */
  succeeded(): void;
  /** Whether anything is stored. */
  holds(): boolean;
}

/**
 * A first wrong password is only remembered: whoever tries any address once leaves nothing stored. From the second on
 * it is stored, for an address with an account or without, so that neither behaves differently.
 */
export function createThrottle({ sql, isBorn, birth, alarms, options, onForgotten }: CreateThrottleOptions): Throttle {
  const memory = memoryOf(options);
  const first = new Map<string, Failures>();

  function read(name: string, now: number): Failures {
    const [row] = isBorn() ? sql.exec("SELECT * FROM _throttle WHERE name = ?", name).toArray() : [];
    const failures = row ? { count: Number(row["count"]), lastAt: Number(row["last_at"]) } : first.get(name);
    return failures && now - failures.lastAt < memory ? failures : { count: 0, lastAt: 0 };
  }

  alarms.register({
    name: "throttle",
    due() {
      const oldest = isBorn() ? sql.exec("SELECT min(last_at) AS at FROM _throttle").one()["at"] : null;
      return oldest === null || oldest === undefined ? undefined : Number(oldest) + memory;
    },
    async run(now) {
      sql.exec("DELETE FROM _throttle WHERE last_at <= ?", now - memory);
      await onForgotten?.();
    },
  });

  return {
    begin(name) {
      const now = Date.now();
      const failures = read(name, now);
      const delay = delayOf(failures, options, now);
      if (delay > 0) throw slowDown(delay);
      const count = failures.count + 1;
      if (count === 1) {
        first.clear();
        first.set(name, { count, lastAt: now });
        return;
      }
      birth(() => {
        sql.exec("INSERT OR REPLACE INTO _throttle VALUES (?, ?, ?)", name, count, now);
        alarms.arm();
      });
    },
    holds: () => isBorn() && sql.exec("SELECT 1 FROM _throttle LIMIT 1").toArray().length > 0,
    succeeded() {
      first.clear();
      if (!isBorn()) return;
      const { rowsWritten } = sql.exec("DELETE FROM _throttle");
      if (rowsWritten > 0) alarms.arm();
    },
  };
}

function slowDown(delay: number): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message: `Too many wrong passwords. Try again in ${Math.ceil(delay / 1000)} s.`,
  });
}
