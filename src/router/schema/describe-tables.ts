import type { Column, TableIndex, TableModel } from "./column.js";
import { describeField } from "./describe-field.js";
import { isIdentifier } from "./field-names.js";
import type { TableDefinition, TableDefinitions } from "./table.js";
import { UnmappableError } from "./unmappable-error.js";

/** SQLite in a Durable Object takes 100 columns a table, and 100 values a statement. */
const MAX_FIELDS = 97;

/** Functions that are read like tables. A table with the name of one would be read in its place. */
const SQL_FUNCTIONS: ReadonlySet<string> = new Set(["json_each", "json_tree", "pragma_table_info"]);

const id: Column = { name: "id", type: "text", whenNull: "never" };
const createdAt: Column = { name: "createdAt", type: "date", whenNull: "never" };
const updatedAt: Column = { name: "updatedAt", type: "date", whenNull: "never" };

/**
 * Works out how some tables are stored. Pure: the same definitions give the same models.
 *
 * @throws Error that names the table and the field, and says what to do
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
      `${JSON.stringify(name)} cannot be a table: use letters, digits and "_", a letter first, 63 at most, and not "sqlite_".`,
    );
  }
  if (SQL_FUNCTIONS.has(name.toLowerCase())) {
    throw new Error(`"${name}" cannot be a table: it would replace a function of SQL that queries use. Rename it.`);
  }
  const other = taken.get(name.toLowerCase());
  if (other !== undefined) {
    throw new Error(`The tables "${other}" and "${name}" differ in upper and lower case only. Rename one.`);
  }
}

function describeTable(name: string, { schema, indexes, unique }: TableDefinition): TableModel {
  const fields = Object.entries(schema.shape);
  if (fields.length > MAX_FIELDS) {
    throw new Error(
      `The table "${name}" has ${fields.length} fields; ${MAX_FIELDS} is the most. Group some in a z.object(…).`,
    );
  }
  const catchall = schema.def.catchall?._zod.def.type;
  if (catchall !== undefined && catchall !== "never") {
    throw new Error(
      `The table "${name}" lets unknown keys in, which have no column. Keep them in a z.record(…) field.`,
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
  // A dot, which no table's name has: SQLite keeps indexes and tables under one roof.
  const nameOf = (list: readonly string[], suffix: string): string => [table, ...list].join(".") + suffix;
  const indexes = [
    ...plain.map((list) => ({ name: nameOf(list, ""), columns: list, unique: false })),
    ...unique.map((list) => ({ name: nameOf(list, "!"), columns: list, unique: true })),
  ];
  const names = new Set<string>();
  for (const { name, columns: list } of indexes) {
    const stray = list.find((column) => !known.has(column));
    if (list.length === 0 || stray !== undefined || new Set(list).size < list.length) {
      throw new Error(
        `An index of the table "${table}" names ${JSON.stringify(stray ?? list)}: name fields of it, each once.`,
      );
    }
    if (names.has(name)) throw new Error(`The table "${table}" declares one index twice: ${list.join(", ")}.`);
    names.add(name);
  }
  return indexes;
}
