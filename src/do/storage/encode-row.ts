import { forField } from "./bad-request.js";
import { encodeColumn } from "./column-codec.js";
import type { PreparedTable } from "./prepared-table.js";
import type { SqlValue } from "./sql-value.js";
import { checkValueSize } from "./value-size.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * A whole row, in the order of its columns.
 *
 * @throws TRPCError BAD_REQUEST or PAYLOAD_TOO_LARGE, naming the field
 */
export function encodeRow(table: PreparedTable, values: Values): SqlValue[] {
  return table.model.columns.map(({ name }) => encodeValue(table, name, values[name]));
}

/** Some of a row's columns, in the order of the values. @throws as {@link encodeRow} */
export function encodeSome(table: PreparedTable, values: Values): SqlValue[] {
  return Object.entries(values).map(([name, value]) => encodeValue(table, name, value));
}

function encodeValue(table: PreparedTable, name: string, value: unknown): SqlValue {
  return forField(table.name, name, () => {
    const encoded = encodeColumn(table.column(name), value);
    checkValueSize(encoded);
    return encoded;
  });
}
