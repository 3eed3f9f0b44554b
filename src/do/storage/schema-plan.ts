import type { Column, TableIndex, TableModel } from "../../router/schema/column.js";
import { addColumnSql, createIndexSql, createTableSql, declareColumn, type Defaults } from "./ddl.js";
import { ownProperty } from "./own-property.js";

/** A schema as it is remembered in the storage, to tell what the next version of the app has to add. */
export interface StoredSchema {
  readonly tables: Readonly<Record<string, StoredTable>>;
}

/** One of its tables. */
export interface StoredTable {
  /** Declarations by column. */
  readonly columns: Readonly<Record<string, string>>;
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

/** What some models come to when nothing is stored yet. */
export function toStoredSchema(models: readonly TableModel[]): StoredSchema {
  return { tables: Object.fromEntries(models.map((model) => [model.name, toStoredTable(model)])) };
}

function toStoredTable(model: TableModel): StoredTable {
  const required = model.columns.filter(isRequired);
  return {
    columns: Object.fromEntries(model.columns.map((column) => [column.name, declareColumn(column)])),
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
      tables[model.name] = after;
      return createTableSql(model, defaultsOf(model.name));
    }
    tables[model.name] = {
      columns: { ...before.columns, ...after.columns },
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
  if (stored === declared) return false;
  const field = `The field ${table}.${name}`;
  if (stored !== undefined) refuse(`${field} is stored as \`${stored}\`, and is now \`${declared}\`.`);
  const twin = Object.keys(before.columns).find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined) refuse(`${field} is stored as "${twin}", and SQLite does not tell the two apart.`);
  if (isRequired(column)) {
    refuse(`${field} is new, and rows from before have no value for it: give it a default, or make it optional.`);
  }
  return true;
}

/** Whether a new row cannot be without it. */
function isRequired({ whenNull, hasDefault }: Column): boolean {
  return whenNull === "never" && !hasDefault;
}

function refuse(difference: string): never {
  throw new Error(`${difference} Write a migration for it. The storage is left as it was, and nothing is lost.`);
}
