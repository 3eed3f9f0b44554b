import { toHex } from "../../../shared/hex.js";
import type { SqlValue } from "../codec/sql-value.js";
import { ValueError } from "../table-errors.js";

/** Quotes an identifier. Only names of a definition are quoted, never input of a client. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes identifiers and joins them with commas. */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(", ");
}

/**
 * Quotes a constant of a CHECK or a DEFAULT, where values cannot be bound.
 *
 * @throws ValueError for a text with a NUL character, at which SQLite would stop parsing
 */
export function quoteLiteral(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (value.includes("\0")) throw new ValueError("contains a NUL character, which a default cannot have.");
    return `'${value.replaceAll("'", "''")}'`;
  }
  return `X'${toHex(value)}'`;
}
