import { fromBase64Url, toBase64Url } from "../../../shared/base64url.js";
import { fromHex, toHex } from "../../../shared/hex.js";
import { badRequest } from "../bad-request.js";
import { type CursorValue, formatLongKey, isLongKey, parseLongKey, toLongKey } from "./long-key.js";
import type { PreparedTable } from "../prepared-table.js";
import type { OrderTerm } from "./order-term.js";
import { type QueryState, rowsSql } from "./query-sql.js";
import type { SqlValue } from "../codec/sql-value.js";
import { sizeOf } from "../codec/value-size.js";

/** The values that a row is sorted by travel with the cursor. If they are longer together, the long ones are shortened. */
const MAX_KEY_BYTES = 4_096;

const MARK = /^[0-9a-f]{14}$/;

/**
 * A position in the rows of a query, as text that a browser keeps: a mark of the query, then what the last row was
 * sorted by. It can be forged, which only moves the position: every value in it is checked and bound.
 */
export function formatPageCursor(mark: string, key: readonly SqlValue[]): string {
  const isLong = key.reduce<number>((total, value) => total + sizeOf(value), 0) > MAX_KEY_BYTES;
  const values = (isLong ? key.map(toLongKey) : key).map((value) => {
    if (typeof value !== "object" || value === null) return value;
    return isLongKey(value) ? formatLongKey(value) : { hex: toHex(value) };
  });
  return toBase64Url(new TextEncoder().encode(JSON.stringify([mark, ...values])));
}

/** @throws TRPCError BAD_REQUEST for a text that is no cursor, or that of another query */
export function parsePageCursor(text: unknown, mark: string, order: readonly OrderTerm[]): CursorValue[] {
  const [cursorMark, ...values] = readCursor(text);
  if (typeof cursorMark !== "string" || !MARK.test(cursorMark) || values.length !== order.length) throw noCursor();
  if (cursorMark !== mark) {
    throw badRequest("This cursor is from another query: page on with the same conditions and the same order.");
  }
  return order.map((term, position) => readValue(term, values[position]));
}

/** Tells queries apart: the same rows in the same order have the same mark. No secret. */
export function markOf(table: PreparedTable, query: QueryState): string {
  const { text, values } = rowsSql(table, { ...query, select: undefined, after: undefined, limit: undefined });
  const shown = (values as readonly SqlValue[]).map((value) =>
    typeof value === "object" && value !== null ? { hex: toHex(value) } : value,
  );
  return hash(JSON.stringify([text, ...shown]));
}

function readCursor(text: unknown): readonly unknown[] {
  if (typeof text !== "string" || text.length > MAX_KEY_BYTES * 8) throw noCursor();
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const parsed: unknown = JSON.parse(decoder.decode(fromBase64Url(text)));
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // Not ours: said below, as for any other text.
  }
  throw noCursor();
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
  throw noCursor();
}

function noCursor(): Error {
  return badRequest("This is no cursor of a page: pass what nextCursor was, or nothing for the first page.");
}

/** cyrb53: 53 bits, which is plenty for telling an app's queries apart. */
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
