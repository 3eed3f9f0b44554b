import { readRaw } from "../tables/codec/sql-value.js";

/** Limits of the log. The oldest entries that exceed any of them are deleted. */
export interface PruneOptions {
  /** Maximum number of entries. */
  readonly maxRows: number;
  /** Maximum age of an entry, in milliseconds. */
  readonly maxAgeMs: number;
  /**
   * Approximate maximum size, in bytes.
   * @default no limit
   */
  readonly maxBytes?: number | undefined;
  /**
   * The current time, in milliseconds since the epoch.
   * @default Date.now()
   */
  readonly now?: number | undefined;
  /**
   * Maximum number of entries to delete at once.
   * @default no limit
   */
  readonly page?: number | undefined;
}

/** Approximate size of an entry without its texts, in bytes. */
const ENTRY_BYTES = 32;

/** The newest entry that exceeds each limit. Entries are numbered without gaps, except after the first. */
const BY_COUNT = "SELECT max(seq) - ? FROM _changes";
const BY_AGE =
  "SELECT coalesce((SELECT min(seq) - 1 FROM _changes WHERE seq > 1 AND at >= ?), (SELECT max(seq) FROM _changes))";
const BY_BYTES = `SELECT max(seq) FROM (
  SELECT seq, sum(${ENTRY_BYTES} + octet_length("table") + octet_length(id) + coalesce(octet_length(data), 0)) OVER (ORDER BY seq DESC) AS total FROM _changes
) WHERE total > ?`;

const END_OF_PAGE = "SELECT min(seq) - 1 + ? FROM _changes WHERE seq > 1";

/** Deletes the oldest entries beyond the limits, and returns their number. The first and the newest always stay. */
export function pruneLog(
  sql: SqlStorage,
  { maxRows, maxAgeMs, maxBytes, now = Date.now(), page }: PruneOptions,
): number {
  const upTo = (statement: string, value: number): number => Number(readRaw(sql, statement, [value])[0]?.[0] ?? 0);
  const cuts = [upTo(BY_COUNT, maxRows), upTo(BY_AGE, now - maxAgeMs)];
  if (maxBytes !== undefined) cuts.push(upTo(BY_BYTES, maxBytes));
  const cut = Math.min(Math.max(...cuts), page === undefined ? Infinity : upTo(END_OF_PAGE, page));
  const expired = "seq > 1 AND seq <= ? AND seq < (SELECT max(seq) FROM _changes)";
  const [count] = readRaw(sql, `SELECT count(*) FROM _changes WHERE ${expired}`, [cut]);
  sql.exec(`DELETE FROM _changes WHERE ${expired}`, cut);
  return Number(count?.[0]);
}
