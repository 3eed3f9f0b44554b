export const rateLogSchema =
  "CREATE TABLE IF NOT EXISTS _rate_log (name TEXT NOT NULL, at INTEGER NOT NULL) STRICT; CREATE INDEX IF NOT EXISTS _rate_log_name ON _rate_log (name, at)";

export interface Rate {
  readonly limit: number;
  /** Milliseconds. */
  readonly per: number;
}

/** How often something was done lately. */
export interface RateLog {
  /** Notes one more; `false`, and nothing noted, when there were as many as may be. */
  take(name: string, rate: Rate, now: number): boolean;
  /** Notes a key, which counts once however often it is noted; `false`, and nothing noted, for one key too many. */
  takeDistinct(name: string, key: string, rate: Rate, now: number): boolean;
  /** When the first that is still noted was done. */
  oldest(name: string): number | undefined;
  /** Drops what was done until then. */
  forget(name: string, until: number): void;
  forgetAll(until: number): void;
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
      const [prefix, own] = [`${name} `, `${name} ${key}`];
      sql.exec("DELETE FROM _rate_log WHERE substr(name, 1, ?) = ? AND at <= ?", prefix.length, prefix, now - per);
      const noted = sql
        .exec("SELECT name FROM _rate_log WHERE substr(name, 1, ?) = ?", prefix.length, prefix)
        .toArray();
      if (noted.some((row) => row["name"] === own)) return true;
      if (noted.length >= limit) return false;
      sql.exec("INSERT INTO _rate_log (name, at) VALUES (?, ?)", own, now);
      return true;
    },
    oldest(name) {
      const { at } = sql.exec("SELECT min(at) AS at FROM _rate_log WHERE name = ?", name).one();
      return at === null ? undefined : Number(at);
    },
    forget: (name, until) => void sql.exec("DELETE FROM _rate_log WHERE name = ? AND at <= ?", name, until),
    forgetAll: (until) => void sql.exec("DELETE FROM _rate_log WHERE at <= ?", until),
  };
}
