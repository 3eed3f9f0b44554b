import type { Column } from "../../../router/schema/column.js";
import { toFieldError, ValueError } from "../table-errors.js";
import { codecs } from "./column-codec.js";
import type { RawRow, SqlValue } from "./sql-value.js";
import { checkValueSize } from "./value-size.js";

type Values = Readonly<Record<string, unknown>>;

/** Converts rows of one table to SQLite and back. */
export interface RowCodec {
  /**
   * Encodes the values of the columns, in their order.
   *
   * @throws ReasonedError that names the field: BAD_REQUEST (VALUE_INVALID) or PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
   */
  readonly encode: (values: Values) => SqlValue[];
  /** Decodes a row whose values are in the order of the columns. */
  readonly decode: (row: RawRow) => Record<string, unknown>;
}

// Both functions run for every row, so they are plain loops over data that is prepared once.
export function createRowCodec(table: string, columns: readonly Column[]): RowCodec {
  const steps = columns.map(({ name, type, whenNull }) => ({
    name,
    whenNull,
    // A row without a value would otherwise show the inherited method of this name.
    isInherited: name in Object.prototype,
    ...codecs[type],
  }));

  return {
    encode(values) {
      const row: SqlValue[] = [];
      for (const { name, whenNull, encode } of steps) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        try {
          if (value === null || value === undefined) {
            if (whenNull === "never") throw new ValueError("must have a value.");
            row.push(null);
          } else {
            const encoded = encode(value);
            checkValueSize(encoded);
            row.push(encoded);
          }
        } catch (error) {
          throw toFieldError(table, name, error);
        }
      }
      return row;
    },

    decode(row) {
      const decoded: Record<string, unknown> = {};
      let position = 0;
      for (const { name, whenNull, isInherited, decode } of steps) {
        const value = row[position++] ?? null;
        if (value !== null) decoded[name] = decode ? decode(value) : value;
        else if (whenNull === "null") decoded[name] = null;
        else if (isInherited) decoded[name] = undefined;
      }
      return decoded;
    },
  };
}
