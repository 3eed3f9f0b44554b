import { type RawRow, readRaw, type SqlValue } from "../tables/codec/sql-value.js";
import { KV_TABLE } from "./kv-table.js";

/** An entry as it is stored. Times are milliseconds since the epoch. */
export interface StoredEntry {
  readonly key: string;
  readonly version: number;
  readonly expiresAt: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly text: string;
}

/** The keys from `from` (inclusive) to `to` (exclusive) that follow `after`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
  readonly after: string | null;
}

const COLUMNS = "key, version, expires_at, created_at, updated_at, value";
const ALIVE = "(expires_at IS NULL OR expires_at > ?)";
const READ = `SELECT ${COLUMNS} FROM ${KV_TABLE} WHERE key = ? AND ${ALIVE}`;
const READ_SOME = `SELECT ${COLUMNS} FROM ${KV_TABLE} WHERE key IN (SELECT value FROM json_each(?)) AND ${ALIVE}`;
const SIZES = `SELECT key, octet_length(value) FROM ${KV_TABLE} WHERE key IN (SELECT value FROM json_each(?))`;
const DELETE = `DELETE FROM ${KV_TABLE} WHERE key = ? AND ${ALIVE}`;
// An entry's version is the number of the change log entry that its write creates, so no version is used twice.
const WRITE = `
  INSERT INTO ${KV_TABLE} (${COLUMNS}) VALUES (?, (SELECT max(seq) + 1 FROM _changes), ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at,
    created_at = iif(expires_at <= excluded.updated_at, excluded.created_at, created_at),
    updated_at = excluded.updated_at, value = excluded.value
  RETURNING version`;
const DELETE_EXPIRED = `
  DELETE FROM ${KV_TABLE} WHERE key IN (SELECT key FROM ${KV_TABLE} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;

/** Stores the entries of one object. Reads do not return expired entries, which may still be stored. */
export function createKvStore(sql: SqlStorage) {
  return {
    read(key: string, now: number): StoredEntry | undefined {
      const [row] = readRaw(sql, READ, [key, now]);
      return row && toEntry(row);
    },

    /** Returns 0 for a key that does not exist. */
    versionOf(key: string, now: number): number {
      const [row] = readRaw(sql, `SELECT version FROM ${KV_TABLE} WHERE key = ? AND ${ALIVE}`, [key, now]);
      return Number(row?.[0] ?? 0);
    },

    readSome(keys: readonly string[], now: number): StoredEntry[] {
      return readRaw(sql, READ_SOME, [JSON.stringify(keys), now]).map(toEntry);
    },

    /** Returns the size of each key's value, in bytes. */
    sizesOf: (keys: readonly string[]): Map<string, number> =>
      new Map(readRaw(sql, SIZES, [JSON.stringify(keys)]).map(([key, bytes]) => [String(key), Number(bytes)])),

    /** Returns the new version. */
    write(key: string, text: string, expiresAt: number | undefined, now: number): number {
      const [row] = readRaw(sql, WRITE, [key, expiresAt ?? null, now, now, text]);
      return Number(row?.[0]);
    },

    delete: (key: string, now: number): boolean => sql.exec(DELETE, key, now).rowsWritten > 0,

    /** Returns the keys of a range in order, and the size of each value in bytes. */
    sizes(range: KeyRange, now: number, limit: number): { readonly key: string; readonly bytes: number }[] {
      const { where, values } = toCondition(range);
      const statement = `SELECT key, octet_length(value) FROM ${KV_TABLE} WHERE ${where} AND ${ALIVE} ORDER BY key LIMIT ?`;
      return readRaw(sql, statement, [...values, now, limit]).map(([key, bytes]) => ({
        key: String(key),
        bytes: Number(bytes),
      }));
    },

    /** Returns the first entries of a range, in order. */
    readRange(range: KeyRange, now: number, limit: number): StoredEntry[] {
      const { where, values } = toCondition(range);
      const statement = `SELECT ${COLUMNS} FROM ${KV_TABLE} WHERE ${where} AND ${ALIVE} ORDER BY key LIMIT ?`;
      return readRaw(sql, statement, [...values, now, limit]).map(toEntry);
    },

    /** Returns the earliest expiry of a stored entry, which may be in the past. */
    nextExpiry(): number | undefined {
      const [row] = readRaw(sql, `SELECT min(expires_at) FROM ${KV_TABLE} WHERE expires_at IS NOT NULL`);
      return row?.[0] == null ? undefined : Number(row[0]);
    },

    deleteExpired: (now: number, limit: number): void => void sql.exec(DELETE_EXPIRED, now, limit),
  };
}

export type KvStore = ReturnType<typeof createKvStore>;

function toCondition({ from, to, after }: KeyRange): { where: string; values: SqlValue[] } {
  const values = [from, ...(to === undefined ? [] : [to]), ...(after === null ? [] : [after])];
  const where = `key >= ?${to === undefined ? "" : " AND key < ?"}${after === null ? "" : " AND key > ?"}`;
  return { where, values };
}

function toEntry([key, version, expiresAt, createdAt, updatedAt, text]: RawRow): StoredEntry {
  return {
    key: String(key),
    version: Number(version),
    expiresAt: expiresAt == null ? undefined : Number(expiresAt),
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
    text: String(text),
  };
}
