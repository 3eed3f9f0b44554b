import type { Column, ColumnType, TableIndex, TableModel } from "../../../router/schema/column.js";
import { addColumnSql, createIndexSql, createTableSql, declareColumn, type Defaults } from "./ddl.js";
import { ownProperty } from "../own-property.js";
import { isSameDeclaration } from "./same-declaration.js";

/** The schema of the stored tables, which is compared with the definitions of the app. Stored as JSON in `_schema`. */
export interface StoredSchema {
  readonly tables: Readonly<Record<string, StoredTable>>;
}

export interface StoredTable {
  /** The declarations, by column. */
  readonly columns: Readonly<Record<string, string>>;
  /**
   * Types by column, because several types have the same declaration. An earlier version of the framework did not store
   * them.
   */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** The columns that a new row needs a value for: neither optional nor with a default. */
  readonly required: readonly string[];
  /** The statements that create the indexes, by name. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** Returns the defaults of a table. Only called for tables with new columns. */
type DefaultsOf = (table: string) => Defaults;

/** A unique index that is added to a stored table. */
export interface NewUniqueIndex {
  readonly table: string;
  readonly index: TableIndex;
}

export interface SchemaPlan {
  readonly statements: readonly string[];
  /** The unique indexes that statements add to stored tables, by statement. */
  readonly unique: ReadonlyMap<string, NewUniqueIndex>;
  /** The stored schema after the statements. */
  readonly result: StoredSchema;
}

/** The names of types in error messages. */
const typeNames: Readonly<Record<ColumnType, string>> = {
  text: "text",
  real: "a number",
  integer: "an integer",
  boolean: "a boolean",
  date: "a date",
  bigint: "a bigint",
  bytes: "bytes",
  json: "JSON",
};

/** The schema that new tables would be stored with. */
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
 * Returns the statements that change a stored schema to that of the definitions. They add new tables, new indexes, and
 * new fields that are optional or have a default. Tables, fields and indexes without a definition stay, because a newer
 * version of the app may have added them.
 *
 * @throws Error that names the difference, if it needs a migration
 */
export function planSchema(stored: StoredSchema, models: readonly TableModel[], defaultsOf: DefaultsOf): SchemaPlan {
  const tables: Record<string, StoredTable> = { ...stored.tables };
  const unique = new Map<string, NewUniqueIndex>();
  const statements = models.flatMap((model) => {
    const before = ownProperty(stored.tables, model.name);
    const after = toStoredTable(model);
    if (!before) {
      checkLetterCase(model.name, stored);
      tables[model.name] = after;
      return createTableSql(model, defaultsOf(model.name));
    }
    tables[model.name] = {
      // The stored declaration wins: an equivalent one can list the values of an enum in another order.
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
  const removed = before.required.find((name) => !known.has(name));
  if (removed !== undefined) {
    throw needsMigration(`The field ${model.name}.${removed} was removed, but stored rows require it.`);
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
    if (type !== undefined && type !== column.type) {
      throw new Error(
        `${field} is stored as ${typeNames[type]}, but defined as ${typeNames[column.type]}. Write a migration that converts ` +
          `the values and calls db.rebuild("${table}"). The stored data is unchanged.`,
      );
    }
    return false;
  }
  if (stored !== undefined)
    throw needsMigration(`${field} is stored as \`${stored}\`, but defined as \`${declared}\`.`);
  const existing = findIgnoringCase(Object.keys(before.columns), name);
  if (existing !== undefined) {
    throw needsMigration(`${field} is stored as "${existing}", and SQLite ignores the case of names.`);
  }
  if (isRequired(column)) {
    throw new Error(
      `${field} is new, but existing rows have no value for it. Give it a default, make it optional, or write a migration. ` +
        "The stored data is unchanged.",
    );
  }
  return true;
}

function checkLetterCase(name: string, { tables }: StoredSchema): void {
  const existing = findIgnoringCase(Object.keys(tables), name);
  if (existing === undefined) return;
  throw needsMigration(`The table "${name}" is stored as "${existing}", and SQLite ignores the case of names.`);
}

function findIgnoringCase(names: readonly string[], name: string): string | undefined {
  return names.find((other) => other.toLowerCase() === name.toLowerCase());
}

/** Whether a new row needs a value for a column. */
function isRequired({ whenNull, hasDefault }: Column): boolean {
  return whenNull === "never" && !hasDefault;
}

function needsMigration(difference: string): Error {
  return new Error(`${difference} Write a migration for this change. The stored data is unchanged.`);
}
