import type { ColumnType, TableModel } from "../../../router/schema/column.js";
import { ownProperty } from "../own-property.js";
import { type StoredSchema, type StoredTable, toStoredSchema } from "./schema-plan.js";
import { readRaw } from "../codec/sql-value.js";

/** A column as SQLite describes it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly hasDefault: boolean;
}

/** Reads the columns of a table; none if it does not exist. */
export function readColumns(sql: SqlStorage, table: string): TableColumn[] {
  return readRaw(sql, 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', [table]).map(
    ([name, type, required, fallback]) => ({
      name: String(name),
      type: String(type),
      required: required === 1,
      hasDefault: fallback !== null,
    }),
  );
}

/**
 * Reads the schema after migrations, which can have changed any table.
 *
 * @param before the stored schema before the migrations
 */
export function readStoredSchema(
  sql: SqlStorage,
  before: StoredSchema,
  { models, rebuilt }: { readonly models: readonly TableModel[]; readonly rebuilt: ReadonlySet<TableModel> },
): StoredSchema {
  const rebuiltTables = toStoredSchema([...rebuilt]).tables;
  const names = new Set([...Object.keys(before.tables), ...models.map(({ name }) => name)]);
  const tables: Record<string, StoredTable> = {};
  for (const name of names) {
    const columns = readColumns(sql, name);
    if (columns.length === 0) continue;
    const known = ownProperty(rebuiltTables, name) ?? ownProperty(before.tables, name);
    const indexes = readRaw(
      sql,
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
      [name],
    );
    tables[name] = {
      columns: Object.fromEntries(columns.map((column) => [column.name, declarationOf(column, known)])),
      types: typesOf(columns, known),
      required: columns.filter((column) => isRequired(column, known)).map((column) => column.name),
      indexes: Object.fromEntries(indexes.map(([index, text]) => [String(index), String(text)])),
    };
  }
  return { tables };
}

/** Returns the declaration as it was stored, with its CHECK, unless a migration has changed the column. */
function declarationOf({ name, type, required }: TableColumn, table: StoredTable | undefined): string {
  const declared = table && ownProperty(table.columns, name);
  const plain = required ? `${type} NOT NULL` : type;
  if (declared === undefined) return plain;
  const same = declared.startsWith(type) && declared.includes("NOT NULL") === required;
  return same ? declared : plain;
}

/** Returns the known types. A column that a migration has added or changed can have any type. */
function typesOf(columns: readonly TableColumn[], table: StoredTable | undefined): StoredTable["types"] {
  const types = columns.flatMap((column): [string, ColumnType][] => {
    const type = table?.types && ownProperty(table.types, column.name);
    const declared = table && ownProperty(table.columns, column.name);
    return type !== undefined && declarationOf(column, table) === declared ? [[column.name, type]] : [];
  });
  return Object.fromEntries(types);
}

function isRequired({ name, required, hasDefault }: TableColumn, table: StoredTable | undefined): boolean {
  if (table && ownProperty(table.columns, name) !== undefined) return table.required.includes(name);
  return required && !hasDefault;
}
