import type { ColumnType, TableModel } from "../../../router/schema/column.js";
import { ownProperty } from "../own-property.js";
import { type StoredSchema, type StoredTable, toStoredSchema } from "./schema-plan.js";
import { readRaw } from "../codec/sql-value.js";

/** A column as SQLite knows it. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly hasDefault: boolean;
}

/** The columns of a table; none when there is no such table. */
export function tableColumns(sql: SqlStorage, table: string): TableColumn[] {
  return readRaw(sql, 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', [table]).map(
    ([name, type, required, fallback]) => ({
      name: String(name),
      type: String(type),
      required: required === 1,
      hasDefault: fallback !== null,
    }),
  );
}

/** What is stored after written steps, which may have changed anything. */
export function readStoredSchema(
  sql: SqlStorage,
  before: StoredSchema,
  { models, rebuilt }: { readonly models: readonly TableModel[]; readonly rebuilt: ReadonlySet<TableModel> },
): StoredSchema {
  const fresh = toStoredSchema([...rebuilt]).tables;
  const names = new Set([...Object.keys(before.tables), ...models.map(({ name }) => name)]);
  const tables: Record<string, StoredTable> = {};
  for (const name of names) {
    const columns = tableColumns(sql, name);
    if (columns.length === 0) continue;
    const remembered = ownProperty(fresh, name) ?? ownProperty(before.tables, name);
    const indexes = readRaw(
      sql,
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
      [name],
    );
    tables[name] = {
      columns: Object.fromEntries(columns.map((column) => [column.name, declarationOf(column, remembered)])),
      types: typesOf(columns, remembered),
      required: columns.filter((column) => isRequired(column, remembered)).map((column) => column.name),
      indexes: Object.fromEntries(indexes.map(([index, text]) => [String(index), String(text)])),
    };
  }
  return { tables };
}

/** As it was declared, with what it checks, unless a step has changed it since. */
function declarationOf({ name, type, required }: TableColumn, table: StoredTable | undefined): string {
  const declared = table && ownProperty(table.columns, name);
  const plain = required ? `${type} NOT NULL` : type;
  if (declared === undefined) return plain;
  const same = declared.startsWith(type) && declared.includes("NOT NULL") === required;
  return same ? declared : plain;
}

/** The types that are known. A column that a step has added or declared anew can be of any type. */
function typesOf(columns: readonly TableColumn[], table: StoredTable | undefined): StoredTable["types"] {
  const known = columns.flatMap((column): [string, ColumnType][] => {
    const type = table?.types && ownProperty(table.types, column.name);
    const declared = table && ownProperty(table.columns, column.name);
    return type !== undefined && declarationOf(column, table) === declared ? [[column.name, type]] : [];
  });
  return Object.fromEntries(known);
}

function isRequired({ name, required, hasDefault }: TableColumn, table: StoredTable | undefined): boolean {
  if (table && ownProperty(table.columns, name) !== undefined) return table.required.includes(name);
  return required && !hasDefault;
}
