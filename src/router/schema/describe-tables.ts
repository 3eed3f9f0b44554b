import type { Column, TableIndex, TableModel } from "./column.js";
import { describeField } from "./describe-field.js";
import { isIdentifier } from "./field-names.js";
import type { TableDefinition, TableDefinitions } from "./table.js";
import { UnmappableError } from "./unmappable-error.js";

/** SQLite in a Durable Object allows 100 columns per table and 100 values per statement; 3 columns are added. */
const MAX_FIELDS = 97;

/** SQL functions that queries use like tables. A table with such a name would hide the function. */
const SQL_FUNCTIONS: ReadonlySet<string> = new Set(["json_each", "json_tree", "pragma_table_info"]);

const id: Column = { name: "id", type: "text", whenNull: "never" };
const createdAt: Column = { name: "createdAt", type: "date", whenNull: "never" };
const updatedAt: Column = { name: "updatedAt", type: "date", whenNull: "never" };

/**
 * Derives the stored form of tables. Pure: equal definitions give equal models.
 *
 * @throws Error that names the table and the field, and how to fix it
 */
export function describeTables(definitions: TableDefinitions): TableModel[] {
  const taken = new Map<string, string>();
  return Object.entries(definitions).map(([name, definition]) => {
    checkTableName(name, taken);
    taken.set(name.toLowerCase(), name);
    return describeTable(name, definition);
  });
}

function checkTableName(name: string, taken: ReadonlyMap<string, string>): void {
  if (!isIdentifier(name) || /^sqlite_/i.test(name)) {
    throw new Error(
      `${JSON.stringify(name)} is not a valid table name. Begin with a letter, use at most 63 letters, digits and "_", and do not begin with "sqlite_".`,
    );
  }
  if (SQL_FUNCTIONS.has(name.toLowerCase())) {
    throw new Error(
      `"${name}" is not a valid table name, because it would hide an SQL function that queries use. Rename the table.`,
    );
  }
  const other = taken.get(name.toLowerCase());
  if (other !== undefined) {
    throw new Error(
      `The tables "${other}" and "${name}" differ only in upper and lower case, which SQLite ignores. Rename one.`,
    );
  }
}

function describeTable(name: string, { schema, indexes, unique }: TableDefinition): TableModel {
  const fields = Object.entries(schema.shape);
  if (fields.length > MAX_FIELDS) {
    throw new Error(
      `The table "${name}" has ${fields.length} fields, but the maximum is ${MAX_FIELDS}. Group some in a z.object(…).`,
    );
  }
  const catchall = schema.def.catchall?._zod.def.type;
  if (catchall !== undefined && catchall !== "never") {
    throw new Error(
      `The table "${name}" accepts unknown keys, which have no column. Store them in a z.record(…) field.`,
    );
  }
  const columns = [id, ...fields.map(([field, type]) => describeColumn(name, field, type)), createdAt, updatedAt];
  return { name, columns, indexes: describeIndexes(name, columns, indexes, unique) };
}

function describeColumn(table: string, field: string, type: Parameters<typeof describeField>[1]): Column {
  try {
    return describeField(field, type);
  } catch (error) {
    if (!(error instanceof UnmappableError)) throw error;
    throw new Error(`The field ${table}.${field} ${error.message}`, { cause: error });
  }
}

type ColumnLists = readonly (readonly string[])[];

function describeIndexes(
  table: string,
  columns: readonly Column[],
  plain: ColumnLists,
  unique: ColumnLists,
): TableIndex[] {
  const known = new Set(columns.map(({ name }) => name));
  // Table names have no dot, so an index never has the name of a table: SQLite has one namespace for both.
  const nameOf = (list: readonly string[], suffix: string): string => [table, ...list].join(".") + suffix;
  const indexes = [
    ...plain.map((list) => ({ name: nameOf(list, ""), columns: list, unique: false })),
    ...unique.map((list) => ({ name: nameOf(list, "!"), columns: list, unique: true })),
  ];
  const names = new Set<string>();
  for (const { name, columns: list } of indexes) {
    const unknownColumn = list.find((column) => !known.has(column));
    if (list.length === 0 || unknownColumn !== undefined || new Set(list).size < list.length) {
      throw new Error(
        `An index of the table "${table}" names ${JSON.stringify(unknownColumn ?? list)}. Name each field once, and only fields of the table.`,
      );
    }
    if (names.has(name))
      throw new Error(`The table "${table}" declares an index twice: ${list.join(", ")}. Remove one.`);
    names.add(name);
  }
  return indexes;
}
