import type { Column, ColumnType, TableIndex, TableModel } from "../../../router/schema/column.js";
import { addColumnSql, createIndexSql, createTableSql, declareColumn, type Defaults } from "./ddl.js";
import { ownProperty } from "../own-property.js";
import { isSameDeclaration } from "./same-declaration.js";

/** A schema as it is remembered in the storage, to tell what the next version of the app has to add. */
export interface StoredSchema {
  readonly tables: Readonly<Record<string, StoredTable>>;
}

/** One of its tables. */
export interface StoredTable {
  /** Declarations by column. */
  readonly columns: Readonly<Record<string, string>>;
  /** Types by column: several are declared alike. An earlier version of the framework did not store them. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Columns that a new row cannot leave out: neither optional nor with a default. */
  readonly required: readonly string[];
  /** Statements by index. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** Asked only for tables that get new columns. */
type DefaultsOf = (table: string) => Defaults;

/** A unique index that a later version declares. */
export interface NewUniqueIndex {
  readonly table: string;
  readonly index: TableIndex;
}

export interface SchemaPlan {
  readonly statements: readonly string[];
  /** Those of the statements that add a unique index to a table with rows. */
  readonly unique: ReadonlyMap<string, NewUniqueIndex>;
  /** What the storage holds once they have run: what it held, and what they add. */
  readonly result: StoredSchema;
}

/** Types as error messages name them. */
const typeNames: Readonly<Record<ColumnType, string>> = {
  text: "text",
  real: "a number",
  integer: "a whole number",
  boolean: "a boolean",
  date: "a date",
  bigint: "a bigint",
  bytes: "bytes",
  json: "JSON",
};

/** What some models come to when nothing is stored yet. */
export function toStoredSchema(models: readonly TableModel[]): StoredSchema {
  return { tables: Object.fromEntries(models.map((model) => [model.name, toStoredTable(model)])) };
}

function toStoredTable(model: TableModel): StoredTable {
  const required = model.columns.filter(isRequired);
  return {
    columns: Object.fromEntries(model.columns.map((column) => [column.name, declareColumn(column)])),
    types: Object.fromEntries(model.columns.map(({ name, type }) => [name, type])),
    required: required.map(({ name }) => name),
    indexes: Object.fromEntries(model.indexes.map((index) => [index.name, createIndexSql(model.name, index)])),
  };
}

/**
 * Works out the way from a stored schema to the app's. New tables, indexes, and fields that are optional or have a
 * default come by themselves. What the storage has beyond the app's stays: a newer version may have added it.
 *
 * @throws Error for any other difference
 */
export function planSchema(stored: StoredSchema, models: readonly TableModel[], defaultsOf: DefaultsOf): SchemaPlan {
  const tables: Record<string, StoredTable> = { ...stored.tables };
  const unique = new Map<string, NewUniqueIndex>();
  const statements = models.flatMap((model) => {
    const before = ownProperty(stored.tables, model.name);
    const after = toStoredTable(model);
    if (!before) {
      checkTwin(model.name, stored);
      tables[model.name] = after;
      return createTableSql(model, defaultsOf(model.name));
    }
    tables[model.name] = {
      // As they are stored: a declaration that means the same may list the values of an enum in another order.
      columns: { ...after.columns, ...before.columns },
      types: { ...before.types, ...after.types },
      required: before.required,
      indexes: { ...before.indexes, ...after.indexes },
    };
    return changeTable(model, before, { defaultsOf, unique });
  });
  return { statements, unique, result: { tables } };
}

interface PlanContext {
  readonly defaultsOf: DefaultsOf;
  readonly unique: Map<string, NewUniqueIndex>;
}

function changeTable(model: TableModel, before: StoredTable, { defaultsOf, unique }: PlanContext): string[] {
  const known = new Set(model.columns.map(({ name }) => name));
  const gone = before.required.find((name) => !known.has(name));
  if (gone !== undefined) {
    refuse(`The field ${model.name}.${gone} is gone from the definition, but stored rows cannot be without it.`);
  }
  const columns = model.columns
    .filter((column) => isNew(model.name, column, before))
    .map((column) => addColumnSql(model.name, column, defaultsOf(model.name)));
  const indexes = model.indexes
    .filter(({ name }) => ownProperty(before.indexes, name) === undefined)
    .map((index) => {
      const statement = createIndexSql(model.name, index);
      if (index.unique) unique.set(statement, { table: model.name, index });
      return statement;
    });
  return [...columns, ...indexes];
}

function isNew(table: string, column: Column, before: StoredTable): boolean {
  const { name } = column;
  const stored = ownProperty(before.columns, name);
  const declared = declareColumn(column);
  const field = `The field ${table}.${name}`;
  if (stored !== undefined && isSameDeclaration(stored, declared)) {
    const type = before.types && ownProperty(before.types, name);
    if (type !== undefined && type !== column.type)
      refuse(
        `${field} is stored as ${typeNames[type]}, and is now ${typeNames[column.type]}: a step has to convert the values, ` +
          `and to call db.rebuild("${table}").`,
      );
    return false;
  }
  if (stored !== undefined) refuse(`${field} is stored as \`${stored}\`, and is now \`${declared}\`.`);
  const twin = Object.keys(before.columns).find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined) refuse(`${field} is stored as "${twin}", and SQLite does not tell the two apart.`);
  if (isRequired(column)) {
    refuse(`${field} is new, and rows from before have no value for it: give it a default, or make it optional.`);
  }
  return true;
}

/** SQLite does not distinguish upper and lower case. */
function checkTwin(name: string, { tables }: StoredSchema): void {
  const twin = Object.keys(tables).find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined) refuse(`The table "${name}" is stored as "${twin}", and SQLite does not tell the two apart.`);
}

/** Whether a new row cannot be without it. */
function isRequired({ whenNull, hasDefault }: Column): boolean {
  return whenNull === "never" && !hasDefault;
}

function refuse(difference: string): never {
  throw new Error(`${difference} Write a migration for it. The storage is left as it was, and nothing is lost.`);
}
