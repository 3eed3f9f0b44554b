import type { Column, ColumnType } from "../../../router/schema/column.js";
import { decodeBigint, encodeBigint } from "./bigint-codec.js";
import { decodeJson, encodeJson } from "./json-codec.js";
import type { SqlValue } from "./sql-value.js";
import { ValueError } from "./value-error.js";

/** Takes one kind of value to SQLite and back. `null` and `undefined` are not its business. */
export interface ColumnCodec {
  /** @throws ValueError for a value of another kind, or one that SQLite would change */
  readonly encode: (value: unknown) => SqlValue;
  /** Missing where SQLite gives the value as it is. */
  readonly decode?: (stored: SqlValue) => unknown;
}

/** One codec for each type of column. */
export const codecs: Readonly<Record<ColumnType, ColumnCodec>> = {
  text: {
    encode(value) {
      if (typeof value !== "string") throw new ValueError("takes text.");
      if (!value.isWellFormed()) throw new ValueError("holds half of a surrogate pair, which is no text.");
      return value;
    },
  },
  real: {
    encode(value) {
      if (typeof value !== "number" || !Number.isFinite(value)) throw new ValueError("takes a finite number.");
      return positiveZero(value);
    },
  },
  integer: {
    encode(value) {
      if (!Number.isSafeInteger(value)) throw new ValueError("takes a whole number below 2^53.");
      return positiveZero(Number(value));
    },
  },
  boolean: {
    encode(value) {
      if (typeof value !== "boolean") throw new ValueError("takes true or false.");
      return value ? 1 : 0;
    },
    decode: (stored) => stored !== 0,
  },
  date: {
    encode(value) {
      const time = value instanceof Date ? value.getTime() : Number.NaN;
      if (Number.isNaN(time)) throw new ValueError("takes a valid Date.");
      return time;
    },
    decode: (stored) => new Date(Number(stored)),
  },
  bigint: {
    encode(value) {
      if (typeof value !== "bigint") throw new ValueError("takes a bigint.");
      return encodeBigint(value);
    },
    decode: (stored) => decodeBigint(String(stored)),
  },
  bytes: {
    encode(value) {
      if (!(value instanceof Uint8Array)) throw new ValueError("takes a Uint8Array.");
      return value;
    },
    // A copy where it is the caller's own array, a view where it is SQLite's buffer.
    decode: (stored) => new Uint8Array(stored as ArrayBuffer),
  },
  json: {
    encode: (value) => encodeJson(value),
    decode: (stored) => decodeJson(String(stored)),
  },
};

/**
 * Encodes a field: its value, or NULL for none.
 *
 * @throws ValueError when the column cannot hold it
 */
export function encodeColumn(column: Column, value: unknown): SqlValue {
  if (value !== null && value !== undefined) return codecs[column.type].encode(value);
  if (column.whenNull === "never") throw new ValueError("needs a value.");
  return null;
}

/** SQLite has no negative zero in an INTEGER, and JSON has none at all: there is one zero everywhere. */
function positiveZero(value: number): number {
  return value + 0;
}
