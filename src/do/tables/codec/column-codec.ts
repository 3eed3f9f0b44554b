import type { Column, ColumnType } from "../../../router/schema/column.js";
import { decodeBigint, encodeBigint } from "./bigint-codec.js";
import { decodeJson, encodeJson } from "./json-codec.js";
import type { SqlValue } from "./sql-value.js";
import { ValueError } from "../table-errors.js";

/** Converts the values of one column type to SQLite and back. It is never called with `null` or `undefined`. */
export interface ColumnCodec {
  /** @throws ValueError for a value of another type, or one that SQLite would change */
  readonly encode: (value: unknown) => SqlValue;
  /** Missing if SQLite returns the value unchanged. */
  readonly decode?: (stored: SqlValue) => unknown;
}

/** The codec of each column type. */
export const codecs: Readonly<Record<ColumnType, ColumnCodec>> = {
  text: {
    encode(value) {
      if (typeof value !== "string") throw new ValueError("must be text.");
      if (!value.isWellFormed()) throw new ValueError("contains half of a surrogate pair, which is not valid text.");
      return value;
    },
  },
  real: {
    encode(value) {
      if (typeof value !== "number" || !Number.isFinite(value)) throw new ValueError("must be a finite number.");
      return normalizeZero(value);
    },
  },
  integer: {
    encode(value) {
      if (!Number.isSafeInteger(value)) throw new ValueError("must be an integer between -(2^53 - 1) and 2^53 - 1.");
      return normalizeZero(Number(value));
    },
  },
  boolean: {
    encode(value) {
      if (typeof value !== "boolean") throw new ValueError("must be true or false.");
      return value ? 1 : 0;
    },
    decode: (stored) => stored !== 0,
  },
  date: {
    encode(value) {
      const time = value instanceof Date ? value.getTime() : Number.NaN;
      if (Number.isNaN(time)) throw new ValueError("must be a valid Date.");
      return time;
    },
    decode: (stored) => new Date(Number(stored)),
  },
  bigint: {
    encode(value) {
      if (typeof value !== "bigint") throw new ValueError("must be a bigint.");
      return encodeBigint(value);
    },
    decode: (stored) => decodeBigint(String(stored)),
  },
  bytes: {
    encode(value) {
      if (!(value instanceof Uint8Array)) throw new ValueError("must be a Uint8Array.");
      return value;
    },
    // Copies an array of the caller. SQLite's buffer becomes a view without a copy.
    decode: (stored) => new Uint8Array(stored as ArrayBuffer),
  },
  json: {
    encode: (value) => encodeJson(value),
    decode: (stored) => decodeJson(String(stored)),
  },
};

/**
 * Encodes the value of a field. A missing value becomes NULL.
 *
 * @throws ValueError if the column cannot store the value
 */
export function encodeColumn(column: Column, value: unknown): SqlValue {
  if (value !== null && value !== undefined) return codecs[column.type].encode(value);
  if (column.whenNull === "never") throw new ValueError("must have a value.");
  return null;
}

/** Turns -0 into 0: SQLite has no negative zero in an INTEGER, and JSON drops its sign. */
function normalizeZero(value: number): number {
  return value + 0;
}
