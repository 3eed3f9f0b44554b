import { byteLength } from "../../../shared/byte-length.js";
import type { SqlValue } from "./sql-value.js";
import { ValueError } from "../table-errors.js";

/** Below the platform's limit of 2 MB for a row or a value, which local development does not enforce. */
export const storageLimits = { rowBytes: 1_048_576, valueBytes: 1_000_000 } as const;

/** The size of a value in bytes, without the few that SQLite adds. */
export function sizeOf(value: SqlValue): number {
  if (typeof value === "string") return byteLength(value);
  return typeof value === "object" && value !== null ? value.byteLength : 8;
}

/** @throws ValueError PAYLOAD_TOO_LARGE for text or bytes above the limit */
export function checkValueSize(value: SqlValue): void {
  if (typeof value === "string" ? isShort(value) : !(value instanceof Uint8Array)) return;
  if (sizeOf(value) <= storageLimits.valueBytes) return;
  throw new ValueError(`must not be larger than ${storageLimits.valueBytes} bytes.`, "PAYLOAD_TOO_LARGE");
}

/** Whether the values of a row together are within the limit. */
export function fitsRow(values: readonly SqlValue[]): boolean {
  // An upper bound, which most rows stay below, so that their text is not counted.
  let bound = 0;
  for (const value of values) bound += typeof value === "string" ? value.length * 3 : sizeOf(value);
  if (bound <= storageLimits.rowBytes) return true;
  return values.reduce<number>((total, value) => total + sizeOf(value), 0) <= storageLimits.rowBytes;
}

/** Whether a text is within the limit whatever its characters are, so that its bytes need not be counted. */
function isShort(text: string): boolean {
  return text.length * 3 <= storageLimits.valueBytes;
}
