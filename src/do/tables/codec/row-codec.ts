import type { Column } from "../../../router/schema/column.js";
import { fieldError } from "../bad-request.js";
import { codecs } from "./column-codec.js";
import type { RawRow, SqlValue } from "./sql-value.js";
import { ValueError } from "./value-error.js";
import { checkValueSize } from "./value-size.js";

type Values = Readonly<Record<string, unknown>>;

/** Takes whole rows of one table to SQLite and back. */
export interface RowCodec {
  /**
   * A row, in the order of its columns.
   *
   * @throws TRPCError BAD_REQUEST or PAYLOAD_TOO_LARGE, naming the field
   */
  readonly encode: (values: Values) => SqlValue[];
  /** A row as the app sees it, from one in the order of its columns. */
  readonly decode: (row: RawRow) => Record<string, unknown>;
}

// Both run for every row: plain loops over a plan that is made once.
export function createRowCodec(table: string, columns: readonly Column[]): RowCodec {
  const plan = columns.map(({ name, type, whenNull }) => ({
    name,
    whenNull,
    // Without a value of its own, a row would have the object's method under this name.
    isInherited: name in Object.prototype,
    ...codecs[type],
  }));

  return {
    encode(values) {
      const row: SqlValue[] = [];
      for (const { name, whenNull, encode } of plan) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        try {
          if (value === null || value === undefined) {
            if (whenNull === "never") throw new ValueError("needs a value.");
            row.push(null);
          } else {
            const encoded = encode(value);
            checkValueSize(encoded);
            row.push(encoded);
          }
        } catch (error) {
          throw fieldError(table, name, error);
        }
      }
      return row;
    },

    decode(row) {
      const decoded: Record<string, unknown> = {};
      let position = 0;
      for (const { name, whenNull, isInherited, decode } of plan) {
        const value = row[position++] ?? null;
        if (value !== null) decoded[name] = decode ? decode(value) : value;
        else if (whenNull === "null") decoded[name] = null;
        else if (isInherited) decoded[name] = undefined;
      }
      return decoded;
    },
  };
}
