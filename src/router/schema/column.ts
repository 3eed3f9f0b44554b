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
 * | `bigint` | bigint of at most 40 digits | TEXT that sorts numerically |
 * | `bytes` | `z.instanceof(Uint8Array)` | BLOB |
 * | `json` | object, record, array, tuple, a union of several kinds, `z.json()` | TEXT, with sorted keys |
 *
 * A pipe or transform is stored by its output type. An enum or literal also has a CHECK constraint.
 */
export type ColumnType = "text" | "real" | "integer" | "boolean" | "date" | "bigint" | "bytes" | "json";

/** A value that an enum or a literal allows. */
export type AllowedValue = string | number | bigint | boolean;

/** A column of a table, derived from a zod schema. Plain data. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** The value that NULL is read as; `never` for a column that is NOT NULL. */
  readonly whenNull: "never" | "undefined" | "null";
  /** The allowed values of an enum or a literal. */
  readonly values?: readonly AllowedValue[];
  /** Whether the value is an array, whose elements `contains` can search. */
  readonly list?: true;
  /** Whether the schema replaces a missing value with a default. */
  readonly hasDefault?: true;
}

/** An index of one or more columns. */
export interface TableIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** A stored table: `id`, the fields of the zod object in its order, `createdAt`, `updatedAt`. */
export interface TableModel {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly TableIndex[];
}
