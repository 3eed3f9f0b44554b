import { toHex } from "../../../shared/hex.js";
import type { SqlValue } from "../codec/sql-value.js";

/** An identifier in a statement. Only names that a definition declared come here, never a caller's. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Several of them. */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(", ");
}

/**
 * A constant in a definition, where nothing can be bound: a CHECK, a DEFAULT.
 *
 * @throws Error for a text with a NUL character, at which SQLite would stop reading
 */
export function quoteLiteral(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (value.includes("\0")) throw new Error("A constant in a table's definition cannot hold a NUL character.");
    return `'${value.replaceAll("'", "''")}'`;
  }
  return `X'${toHex(value)}'`;
}
