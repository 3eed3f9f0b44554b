export const rateLogSchema =
  "CREATE TABLE IF NOT EXISTS _rate_log (name TEXT NOT NULL, at INTEGER NOT NULL) STRICT; CREATE INDEX IF NOT EXISTS _rate_log_name ON _rate_log (name, at)";

export interface Rate {
  /** Most events within `per`. */
  readonly limit: number;
  /** Milliseconds. */
  readonly per: number;
}

/** Limits how often something is done. */
export interface RateLog {
  /** Records an event, unless the limit is reached. Returns whether it was recorded. */
  take(name: string, rate: Rate, now: number): boolean;
  /** Records a key, which counts once until it expires. Returns false, and records nothing, if the key is one too many. */
  takeDistinct(name: string, key: string, rate: Rate, now: number): boolean;
  /** Deletes the events up to a time, in milliseconds since the epoch. */
  prune(until: number): void;
}

export function createRateLog(sql: SqlStorage): RateLog {
  return {
    take(name, { limit, per }, now) {
      sql.exec("DELETE FROM _rate_log WHERE name = ? AND at <= ?", name, now - per);
      const { count } = sql.exec("SELECT count(*) AS count FROM _rate_log WHERE name = ?", name).one();
      if (Number(count) >= limit) return false;
      sql.exec("INSERT INTO _rate_log (name, at) VALUES (?, ?)", name, now);
      return true;
    },
    takeDistinct(name, key, { limit, per }, now) {
      const prefix = `${name} `;
      const entry = `${prefix}${key}`;
      sql.exec("DELETE FROM _rate_log WHERE substr(name, 1, ?) = ? AND at <= ?", prefix.length, prefix, now - per);
      const recorded = sql
        .exec("SELECT name FROM _rate_log WHERE substr(name, 1, ?) = ?", prefix.length, prefix)
        .toArray();
      if (recorded.some((row) => row["name"] === entry)) return true;
      if (recorded.length >= limit) return false;
      sql.exec("INSERT INTO _rate_log (name, at) VALUES (?, ?)", entry, now);
      return true;
    },
    prune: (until) => void sql.exec("DELETE FROM _rate_log WHERE at <= ?", until),
  };
}
