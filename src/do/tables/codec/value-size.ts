import { byteLength } from "../../../shared/byte-length.js";
import type { SqlValue } from "./sql-value.js";
import { ValueError } from "./value-error.js";

/** Below the platform's 2 MB for a row or a value, which local development does not enforce. */
export const storageLimits = { rowBytes: 1_048_576, valueBytes: 1_000_000 } as const;

/** How many bytes a value takes, up to the few that SQLite adds. */
export function sizeOf(value: SqlValue): number {
  if (typeof value === "string") return byteLength(value);
  return typeof value === "object" && value !== null ? value.byteLength : 8;
}

/** @throws ValueError PAYLOAD_TOO_LARGE for a text or bytes above the cap */
export function checkValueSize(value: SqlValue): void {
  if (typeof value === "string" ? isShort(value) : !(value instanceof Uint8Array)) return;
  if (sizeOf(value) <= storageLimits.valueBytes) return;
  throw new ValueError(`is larger than ${storageLimits.valueBytes} bytes.`, "PAYLOAD_TOO_LARGE");
}

/** Whether all the values of a row together are small enough. */
export function fitsRow(values: readonly SqlValue[]): boolean {
  let most = 0;
  for (const value of values) most += typeof value === "string" ? value.length * 3 : sizeOf(value);
  if (most <= storageLimits.rowBytes) return true;
  return values.reduce<number>((total, value) => total + sizeOf(value), 0) <= storageLimits.rowBytes;
}

/** Whether a text cannot be too large, whatever its characters: most are, and need no counting. */
function isShort(text: string): boolean {
  return text.length * 3 <= storageLimits.valueBytes;
}
