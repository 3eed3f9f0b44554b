/**
 * How a column stores its values:
 *
 * | type | zod | SQLite |
 * |---|---|---|
 * | `text` | string and its formats, template literal, enum or literals of text | TEXT |
 * | `real` | number | REAL |
 * | `integer` | `z.int()`, `.int()` | INTEGER |
 * | `boolean` | boolean | INTEGER, 0 or 1 |
 * | `date` | Date | INTEGER, milliseconds |
 * | `bigint` | bigint, 40 digits at most | TEXT that sorts like the number |
 * | `bytes` | `z.instanceof(Uint8Array)` | BLOB |
 * | `json` | object, record, array, tuple, a union of several kinds, `z.json()` | TEXT, with sorted keys |
 *
 * A piped or transformed type is stored as what it gives. An enum or literal also has a CHECK.
 */
export type ColumnType = "text" | "real" | "integer" | "boolean" | "date" | "bigint" | "bytes" | "json";

/** A value that an enum or a literal allows. */
export type AllowedValue = string | number | bigint | boolean;

/** One column of a table, as a zod schema describes it. Plain data. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** What NULL reads back as; `never` for a column that is always set. */
  readonly whenNull: "never" | "undefined" | "null";
  /** All that an enum or a literal allows. */
  readonly values?: readonly AllowedValue[];
  /** Whether the value is an array, which `contains` can look into. */
  readonly list?: true;
  /** Whether the type fills in a missing value. */
  readonly hasDefault?: true;
}

/** An index over one column or several. */
export interface TableIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** A table as it is stored: `id`, the fields of the zod object in its order, `createdAt`, `updatedAt`. */
export interface TableModel {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly TableIndex[];
}
