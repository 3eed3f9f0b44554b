import { fromBase64Url, toBase64Url } from "../../../shared/base64url.js";
import { fromHex, toHex } from "../../../shared/hex.js";
import { type CursorValue, formatLongKey, isLongKey, parseLongKey, toLongKey } from "./long-key.js";
import type { PreparedTable } from "../prepared-table.js";
import type { OrderTerm } from "./keyset-sql.js";
import { type QueryState, rowsSql } from "./query-sql.js";
import type { SqlValue } from "../codec/sql-value.js";
import { sizeOf } from "../codec/value-size.js";
import { badRequest } from "../table-errors.js";

/** The cursor contains the values that a row is sorted by. If they are longer in total, the long ones are shortened. */
const MAX_KEY_BYTES = 4_096;

const QUERY_HASH = /^[0-9a-f]{14}$/;

/**
 * Returns the cursor of a position in the rows of a query: a hash of the query, then the values that the last row was
 * sorted by. It is not signed: a forged cursor only moves the position, because every value is checked and bound.
 */
export function formatPageCursor(queryHash: string, key: readonly SqlValue[]): string {
  const isLong = key.reduce<number>((total, value) => total + sizeOf(value), 0) > MAX_KEY_BYTES;
  const values = (isLong ? key.map(toLongKey) : key).map((value) => {
    if (typeof value !== "object" || value === null) return value;
    return isLongKey(value) ? formatLongKey(value) : { hex: toHex(value) };
  });
  return toBase64Url(new TextEncoder().encode(JSON.stringify([queryHash, ...values])));
}

/**
 * @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) for a text that is not a cursor, or the cursor of another query
 */
export function parsePageCursor(text: unknown, queryHash: string, order: readonly OrderTerm[]): CursorValue[] {
  const [cursorHash, ...values] = readCursor(text);
  if (typeof cursorHash !== "string" || !QUERY_HASH.test(cursorHash) || values.length !== order.length)
    throw invalidCursor();
  if (cursorHash !== queryHash) {
    throw badRequest(
      "CURSOR_INVALID",
      "This cursor belongs to another query. Keep the conditions and the order from page to page, or start at the first page.",
    );
  }
  return order.map((term, position) => readValue(term, values[position]));
}

/** Identifies a query by its conditions and its order. The hash is not secret. */
export function hashQuery(table: PreparedTable, query: QueryState): string {
  const { text, values } = rowsSql(table, { ...query, select: undefined, after: undefined, limit: undefined });
  const json = (values as readonly SqlValue[]).map((value) =>
    typeof value === "object" && value !== null ? { hex: toHex(value) } : value,
  );
  return hash(JSON.stringify([text, ...json]));
}

function readCursor(text: unknown): readonly unknown[] {
  if (typeof text !== "string" || text.length > MAX_KEY_BYTES * 8) throw invalidCursor();
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const parsed: unknown = JSON.parse(decoder.decode(fromBase64Url(text)));
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // Falls through to the error below.
  }
  throw invalidCursor();
}

function readValue({ column }: OrderTerm, value: unknown): CursorValue {
  if (value === null && column.whenNull !== "never") return null;
  const long = parseLongKey(column, value);
  if (long) return long;
  switch (column.type) {
    case "text":
    case "bigint":
    case "json":
      if (typeof value === "string" && value.isWellFormed()) return value;
      break;
    case "bytes": {
      const hex = typeof value === "object" && value !== null && "hex" in value ? String(value.hex) : "-";
      const bytes = fromHex(hex);
      if (bytes) return bytes;
      break;
    }
    case "real":
    case "integer":
    case "boolean":
    case "date":
      if (typeof value === "number" && Number.isFinite(value)) return value;
      break;
  }
  throw invalidCursor();
}

function invalidCursor(): Error {
  return badRequest(
    "CURSOR_INVALID",
    "This cursor is not valid. Pass the nextCursor of the previous page, or no cursor for the first page.",
  );
}

/** cyrb53. Its 53 bits are enough to distinguish the queries of an app. @see https://github.com/bryc/code */
function hash(text: string): string {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(16).padStart(14, "0");
}
