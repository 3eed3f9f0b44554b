import { FOREVER } from "../../shared/directory.js";
import type { AccountSuspension } from "../../shared/suspension.js";
import { withoutRecorder } from "../tables/reads/read-recorder.js";

export const suspensionSchema = `
  CREATE TABLE IF NOT EXISTS _suspension (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER
  ) STRICT`;

/** The suspension of this object's account: one row, or none. */
export interface SuspensionStore {
  /** Returns the suspension that is in force. It ends by itself at its time, before the alarm deletes the row. */
  read(now: number): AccountSuspension | undefined;
  /** When the row has to be deleted, in milliseconds since the epoch. */
  endsAt(): number | undefined;
  write(suspension: AccountSuspension): void;
  /** Returns whether there was a row. */
  delete(): boolean;
  /** Clears the cache, because a transaction may have been rolled back. */
  clearCache(): void;
}

export function createSuspensionStore(sql: SqlStorage, isInitialized: () => boolean): SuspensionStore {
  /** Every call of a server caller reads it. `null` if there is none. */
  let cached: AccountSuspension | null | undefined;

  function load(): AccountSuspension | null {
    if (!isInitialized()) return null;
    // Only to authorize: the result of a live query does not depend on it.
    const [row] = withoutRecorder(() => sql.exec("SELECT reason, at, until FROM _suspension").toArray());
    cached = row ? toSuspension(row) : null;
    return cached;
  }

  const current = (): AccountSuspension | null => (cached === undefined ? load() : cached);

  return {
    read(now) {
      const suspension = current();
      return suspension && (suspension.until === null || suspension.until.getTime() > now) ? suspension : undefined;
    },
    endsAt: () => current()?.until?.getTime(),
    write({ reason, at, until }) {
      cached = undefined;
      sql.exec(
        "INSERT OR REPLACE INTO _suspension (only, reason, at, until) VALUES (1, ?, ?, ?)",
        reason,
        at.getTime(),
        until?.getTime() ?? null,
      );
    },
    delete() {
      cached = undefined;
      return sql.exec("DELETE FROM _suspension RETURNING 1").toArray().length > 0;
    },
    clearCache: () => void (cached = undefined),
  };
}

function toSuspension(row: Record<string, SqlStorageValue>): AccountSuspension {
  return {
    reason: String(row["reason"]),
    at: new Date(Number(row["at"])),
    until: row["until"] === null ? null : new Date(Number(row["until"])),
  };
}

/** When a suspension ends, as the directory stores it; `null` without a suspension. */
export function suspendedUntil(suspension: AccountSuspension | undefined): number | null {
  return suspension ? (suspension.until?.getTime() ?? FOREVER) : null;
}
