import { fromBase64Url, toBase64Url } from "../../shared/base64url.js";
import { toHex } from "../../shared/hex.js";
import { badRequest } from "./bad-request.js";
import type { PreparedTable } from "./prepared-table.js";
import type { OrderTerm } from "./order-term.js";
import { type QueryState, rowsSql } from "./query-sql.js";
import type { SqlValue } from "./sql-value.js";
import { sizeOf } from "./value-size.js";

/** A text that is sorted by travels with the cursor. */
const MAX_KEY_BYTES = 4_096;

const MARK = /^[0-9a-f]{14}$/;

/**
 * A position in the rows of a query, as text that a browser keeps: a mark of the query, then what the last row was
 * sorted by. It can be forged, which only moves the position: every value in it is checked and bound.
 *
 * @throws TRPCError BAD_REQUEST when a row is sorted by too long a value
 */
export function formatPageCursor(mark: string, key: readonly SqlValue[]): string {
  if (key.reduce<number>((total, value) => total + sizeOf(value), 0) > MAX_KEY_BYTES) {
    throw badRequest(`page cannot sort by a value of more than ${MAX_KEY_BYTES} bytes.`);
  }
  const values = key.map((value) => (typeof value === "object" && value !== null ? { hex: toHex(value) } : value));
  return toBase64Url(new TextEncoder().encode(JSON.stringify([mark, ...values])));
}

/** @throws TRPCError BAD_REQUEST for a text that is no cursor, or that of another query */
export function parsePageCursor(text: unknown, mark: string, order: readonly OrderTerm[]): SqlValue[] {
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

function readValue({ column }: OrderTerm, value: unknown): SqlValue {
  if (value === null && column.whenNull !== "never") return null;
  switch (column.type) {
    case "text":
    case "bigint":
    case "json":
      if (typeof value === "string" && value.isWellFormed()) return value;
      break;
    case "bytes":
      if (typeof value === "object" && value !== null && "hex" in value) return fromHex(String(value.hex));
      break;
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

function fromHex(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw noCursor();
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
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
