import { createHash } from "node:crypto";
import type { Column } from "../../../router/schema/column.js";
import { fromHex, toHex } from "../../../shared/hex.js";
import type { OrderTerm } from "./keyset-sql.js";
import { prefixRange } from "./prefix-range.js";
import type { SqlValue } from "../codec/sql-value.js";
import { sizeOf, storageLimits } from "../codec/value-size.js";

/** The beginning and the digest of a value that is too long for a cursor. The value itself is read from its row. */
export interface LongKey {
  readonly prefix: string | Uint8Array;
  readonly digest: string;
}

/** A value that rows are sorted by, as a cursor contains it. */
export type CursorValue = SqlValue | LongKey;

/** Values up to this size are not shortened. */
const MAX_WHOLE_BYTES = 256;
/** The length of the beginning of a longer value, in characters or bytes. */
const PREFIX_LENGTH = 64;

export function isLongKey(value: CursorValue): value is LongKey {
  return typeof value === "object" && value !== null && "digest" in value;
}

/** Shortens a value for a cursor, if it is long. */
export function toLongKey(value: SqlValue): CursorValue {
  if (typeof value === "string") {
    if (sizeOf(value) <= MAX_WHOLE_BYTES) return value;
    // By code points, because half of a surrogate pair cannot be compared.
    const prefix = Array.from(value.slice(0, 2 * PREFIX_LENGTH)).slice(0, PREFIX_LENGTH);
    return { prefix: prefix.join(""), digest: digestOf(value) };
  }
  if (typeof value !== "object" || value === null || value.byteLength <= MAX_WHOLE_BYTES) return value;
  return { prefix: new Uint8Array(value.slice(0, PREFIX_LENGTH)), digest: digestOf(value) };
}

/**
 * Restores a shortened value from its row. If the row was deleted or changed, returns the first position that the value
 * can have had: the page can then repeat rows that begin with the same text, but skips none.
 *
 * @param stored the current value of the row; `undefined` if the row was deleted
 */
export function resolveLongKey({ prefix, digest }: LongKey, term: OrderTerm, stored: SqlValue | undefined): SqlValue {
  if (stored !== undefined && stored !== null && typeof stored !== "number" && digestOf(stored) === digest)
    return stored;
  if (term.direction === "asc") return prefix;
  if (typeof prefix !== "string") return upperBound(prefix);
  // SQLite sorts every text before every BLOB.
  return prefixRange(prefix).to ?? new Uint8Array();
}

/** Returns the JSON form for a cursor. */
export function formatLongKey({ prefix, digest }: LongKey): object {
  return typeof prefix === "string" ? { text: prefix, digest } : { bytes: toHex(prefix), digest };
}

/** Parses the JSON form. A cursor can be forged, so the result is `undefined` for anything else. */
export function parseLongKey({ type }: Column, value: unknown): LongKey | undefined {
  if (typeof value !== "object" || value === null || !("digest" in value)) return undefined;
  const { digest } = value;
  if (typeof digest !== "string" || digest.length > 64) return undefined;
  if (type === "bytes") {
    const prefix = "bytes" in value ? fromHex(String(value.bytes)) : undefined;
    return prefix && { prefix, digest };
  }
  if (type !== "text" && type !== "bigint" && type !== "json") return undefined;
  const isText = "text" in value && typeof value.text === "string" && value.text.isWellFormed();
  return isText ? { prefix: String(value.text), digest } : undefined;
}

/** The upper bound of the byte strings that begin with a prefix. */
function upperBound(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte < 255);
  if (last < 0) return new Uint8Array(storageLimits.valueBytes + 1).fill(255);
  const next = prefix.slice(0, last + 1);
  next[last] = (next[last] ?? 0) + 1;
  return next;
}

function digestOf(value: string | Uint8Array | ArrayBuffer): string {
  const data = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  return createHash("sha256").update(data).digest("base64url").slice(0, 22);
}
