import { readRaw } from "../tables/codec/sql-value.js";

/** How much of the log to keep. What any of them says is too much goes, oldest first. */
export interface PruneOptions {
  /** The most entries. */
  readonly maxRows: number;
  /** How old an entry may be, in milliseconds. */
  readonly maxAgeMs: number;
  /**
   * The most bytes, about.
   * @default no limit
   */
  readonly maxBytes?: number | undefined;
  /**
   * The time to count from.
   * @default Date.now()
   */
  readonly now?: number | undefined;
  /**
   * The most entries to forget at once.
   * @default all that have to go
   */
  readonly page?: number | undefined;
}

/** About what an entry takes besides its texts. */
const ENTRY_BYTES = 32;

/** The newest entry that each limit wants gone. Entries are numbered without gaps but after the first. */
const BY_COUNT = "SELECT max(seq) - ? FROM _changes";
const BY_AGE =
  "SELECT coalesce((SELECT min(seq) - 1 FROM _changes WHERE seq > 1 AND at >= ?), (SELECT max(seq) FROM _changes))";
const BY_BYTES = `SELECT max(seq) FROM (
  SELECT seq, sum(${ENTRY_BYTES} + octet_length("table") + octet_length(id)) OVER (ORDER BY seq DESC) AS total FROM _changes
) WHERE total > ?`;

const END_OF_PAGE = "SELECT min(seq) - 1 + ? FROM _changes WHERE seq > 1";

/** Forgets entries; says how many. The first one and the newest always stay. */
export function pruneLog(
  sql: SqlStorage,
  { maxRows, maxAgeMs, maxBytes, now = Date.now(), page }: PruneOptions,
): number {
  const upTo = (statement: string, value: number): number => Number(readRaw(sql, statement, [value])[0]?.[0] ?? 0);
  const cuts = [upTo(BY_COUNT, maxRows), upTo(BY_AGE, now - maxAgeMs)];
  if (maxBytes !== undefined) cuts.push(upTo(BY_BYTES, maxBytes));
  const cut = Math.min(Math.max(...cuts), page === undefined ? Infinity : upTo(END_OF_PAGE, page));
  const gone = "seq > 1 AND seq <= ? AND seq < (SELECT max(seq) FROM _changes)";
  const [count] = readRaw(sql, `SELECT count(*) FROM _changes WHERE ${gone}`, [cut]);
  sql.exec(`DELETE FROM _changes WHERE ${gone}`, cut);
  return Number(count?.[0]);
}
