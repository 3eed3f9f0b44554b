import type { z } from "zod";
import { checkOptionNames } from "../../shared/check-options.js";
import { checkZodObject } from "./check-zod-object.js";
import { type addedColumns, checkFieldNames, type FieldNameError } from "./field-names.js";

/** The fields of a zod object. */
export type TableShape = Readonly<Record<string, z.core.$ZodType>>;

/** The zod object of a table. A table refuses unknown keys, also where the object would drop them. */
export type TableSchema<TShape extends TableShape = TableShape> = z.ZodObject<TShape, z.core.$ZodObjectConfig>;

/** What a table holds, as {@link table} made it. */
export interface TableDefinition<TShape extends TableShape = TableShape> {
  readonly schema: TableSchema<TShape>;
  readonly indexes: readonly (readonly string[])[];
  readonly unique: readonly (readonly string[])[];
}

/** The tables of one kind of owner, by name. */
export type TableDefinitions = Readonly<Record<string, TableDefinition>>;

/** A column that an index can name: one of the object's fields, or one that every table has. */
export type ColumnName<TShape extends TableShape> = (keyof TShape & string) | (typeof addedColumns)[number];

export interface TableOptions<TColumn extends string> {
  /**
   * What is looked up or sorted by: a column, or several for a compound index.
   * @default none
   */
  readonly indexes?: readonly (TColumn | readonly TColumn[])[];
  /**
   * What no two rows may share: a column, or several together. Rows without a value do not count.
   * @default none
   */
  readonly unique?: readonly (TColumn | readonly TColumn[])[];
}

/**
 * Defines a table from a zod object. Every field becomes a column; `id`, `createdAt` and `updatedAt` are added.
 * Which column a zod type has is listed at `ColumnType`; a type that has none is refused when the app starts, by
 * table and field.
 *
 * @throws Error for a field called like an added column, one whose name cannot be a column's, or an option that can never
 * take effect
 */
export function table<TShape extends TableShape>(
  schema: TableSchema<TShape> &
    ([FieldNameError<keyof TShape & string>] extends [never] ? unknown : FieldNameError<keyof TShape & string>),
  options: TableOptions<ColumnName<NoInfer<TShape>>> = {},
): TableDefinition<TShape> {
  checkZodObject("table", schema);
  checkOptionNames("table", options, { indexes: true, unique: true });
  checkList("table.indexes", options.indexes);
  checkList("table.unique", options.unique);
  checkFieldNames(Object.keys(schema.shape));
  return { schema, indexes: columnLists(options.indexes), unique: columnLists(options.unique) };
}

function columnLists(lists: readonly (string | readonly string[])[] = []): string[][] {
  return lists.map((list) => (typeof list === "string" ? [list] : [...list]));
}

function checkList(option: string, value: unknown): void {
  if (value === undefined || Array.isArray(value)) return;
  throw new Error(`${option}: this is not a list. Write it as ["column", ["first", "second"]].`);
}
