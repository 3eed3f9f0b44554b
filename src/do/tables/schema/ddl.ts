import type { Column, ColumnType, TableIndex, TableModel } from "../../../router/schema/column.js";
import { codecs } from "../codec/column-codec.js";
import { logTriggersSql } from "./change-log-sql.js";
import { quoteLiteral, quoteName, quoteNames } from "./sql-text.js";

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: "TEXT",
  real: "REAL",
  integer: "INTEGER",
  boolean: "INTEGER",
  date: "INTEGER",
  bigint: "TEXT",
  bytes: "BLOB",
  json: "TEXT",
};

/** The SQL constants of fields that have a default, by column. */
export type Defaults = ReadonlyMap<string, string>;

/**
 * The declaration of a column without its name and default. Columns with equal declarations store values in the same
 * way.
 */
export function declareColumn(column: Column): string {
  if (column.name === "id") return "TEXT PRIMARY KEY NOT NULL";
  const parts = [sqlTypes[column.type], column.whenNull === "never" ? "NOT NULL" : "", check(column)];
  return parts.filter((part) => part !== "").join(" ");
}

// No CHECK on fractions, because SQLite parses some literals inexactly.
function check({ name, type, values }: Column): string {
  if (type === "boolean" && !values) return `CHECK (${quoteName(name)} IN (0, 1))`;
  if (!values || type === "real") return "";
  const constants = values.map((value) => quoteLiteral(codecs[type].encode(value)));
  return `CHECK (${quoteName(name)} IN (${constants.join(", ")}))`;
}

/** The declaration of a column with its name and default. */
export function columnSql(column: Column, defaults: Defaults): string {
  const constant = defaults.get(column.name);
  return `${quoteName(column.name)} ${declareColumn(column)}${constant === undefined ? "" : ` DEFAULT ${constant}`}`;
}

/** Creates a table without its indexes and triggers. */
export function createTableOnlySql(table: TableModel, defaults: Defaults): string {
  const columns = table.columns.map((column) => `  ${columnSql(column, defaults)}`).join(",\n");
  return `CREATE TABLE ${quoteName(table.name)} (\n${columns}\n) STRICT`;
}

/** Creates a table, its indexes, and the triggers that log its changes. */
export function createTableSql(table: TableModel, defaults: Defaults = new Map()): string[] {
  return [
    createTableOnlySql(table, defaults),
    ...table.indexes.map((index) => createIndexSql(table.name, index)),
    ...logTriggersSql(table.name),
  ];
}

/** Adds a column to an existing table. */
export function addColumnSql(table: string, column: Column, defaults: Defaults): string {
  return `ALTER TABLE ${quoteName(table)} ADD COLUMN ${columnSql(column, defaults)}`;
}

export function createIndexSql(table: string, { name, columns, unique }: TableIndex): string {
  return `CREATE ${unique ? "UNIQUE INDEX" : "INDEX"} ${quoteName(name)} ON ${quoteName(table)} (${quoteNames(columns)})`;
}
