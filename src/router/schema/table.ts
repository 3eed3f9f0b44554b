import type { z } from "zod";
import { checkOptionNames } from "../../shared/check-options.js";
import { checkZodObject } from "./check-zod-object.js";
import { type addedColumns, checkFieldNames, type FieldNameError } from "./field-names.js";

/** The fields of a zod object. */
export type TableShape = Readonly<Record<string, z.core.$ZodType>>;

/** The zod object of a table. A table rejects unknown keys, even if the object would remove them. */
export type TableSchema<TShape extends TableShape = TableShape> = z.ZodObject<TShape, z.core.$ZodObjectConfig>;

/** A definition of a table, as {@link table} returns it. */
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
   * The indexes for conditions and sorting. Each is one column, or several columns for a compound index.
   * @default none
   */
  readonly indexes?: readonly (TColumn | readonly TColumn[])[];
  /**
   * The unique indexes: no two rows can have the same value in this column, or the same values in these columns. Rows
   * without a value are never equal.
   * @default none
   */
  readonly unique?: readonly (TColumn | readonly TColumn[])[];
}

/**
 * Defines a table from a zod object. Each field becomes a column; `id`, `createdAt` and `updatedAt` are added.
 * A zod type without a column is an error when the app starts, which names the table and the field.
 *
 * @throws Error if a field has the name of an added column or a name that is not allowed, or an option is not valid
 * @see docs/tables.md for the column of each zod type
 * @example
 * ```ts
 * const Post = z.object({ title: z.string().min(1), done: z.boolean().default(false) });
 * const t = initUserDO({ tables: { user: { posts: table(Post, { indexes: ["done"] }) } } });
 * ```
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
  throw new Error(`${option} is not an array. Write it as ["column", ["first", "second"]].`);
}
