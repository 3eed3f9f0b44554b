import type { Column, ColumnType, TableIndex, TableModel } from "../../../router/schema/column.js";
import { codecs } from "../codec/column-codec.js";
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

/** Constants for fields that have a default, by column. Encoded. */
export type Defaults = ReadonlyMap<string, string>;

/** A column's declaration without its name and default. Equal declarations store alike. */
export function declareColumn(column: Column): string {
  if (column.name === "id") return "TEXT PRIMARY KEY NOT NULL";
  const parts = [sqlTypes[column.type], column.whenNull === "never" ? "NOT NULL" : "", check(column)];
  return parts.filter((part) => part !== "").join(" ");
}

// No CHECK on fractions: SQLite does not read every literal as exactly the number that JavaScript wrote.
function check({ name, type, values }: Column): string {
  if (type === "boolean" && !values) return `CHECK (${quoteName(name)} IN (0, 1))`;
  if (!values || type === "real") return "";
  const constants = values.map((value) => quoteLiteral(codecs[type].encode(value)));
  return `CHECK (${quoteName(name)} IN (${constants.join(", ")}))`;
}

/** A column with its name and default. */
export function columnSql(column: Column, defaults: Defaults): string {
  const constant = defaults.get(column.name);
  return `${quoteName(column.name)} ${declareColumn(column)}${constant === undefined ? "" : ` DEFAULT ${constant}`}`;
}

/** A table without its indexes and triggers. */
export function createTableOnlySql(table: TableModel, defaults: Defaults): string {
  const columns = table.columns.map((column) => `  ${columnSql(column, defaults)}`).join(",\n");
  return `CREATE TABLE ${quoteName(table.name)} (\n${columns}\n) STRICT`;
}

/** All that a new table needs: itself, its indexes, and the triggers that log its changes. */
export function createTableSql(table: TableModel, defaults: Defaults = new Map()): string[] {
  return [
    createTableOnlySql(table, defaults),
    ...table.indexes.map((index) => createIndexSql(table.name, index)),
    ...logTriggersSql(table.name),
  ];
}

/** A field that came later. */
export function addColumnSql(table: string, column: Column, defaults: Defaults): string {
  return `ALTER TABLE ${quoteName(table)} ADD COLUMN ${columnSql(column, defaults)}`;
}

export function createIndexSql(table: string, { name, columns, unique }: TableIndex): string {
  return `CREATE ${unique ? "UNIQUE INDEX" : "INDEX"} ${quoteName(name)} ON ${quoteName(table)} (${quoteNames(columns)})`;
}

/**
 * The triggers that write each change of a table to the log, in the transaction of the change. They name the row's
 * id and nothing else of it: a copy of the row as JSON would lose fractions and refuse bytes.
 */
export function logTriggersSql(table: string, key = "id"): string[] {
  const name = (event: string): string => quoteName(`_${table}.${event}`);
  const id = (row: "NEW" | "OLD"): string => `${row}.${quoteName(key)}`;
  const log = (type: string, row: "NEW" | "OLD"): string =>
    `BEGIN INSERT INTO _changes ("table", type, id) VALUES (${quoteLiteral(table)}, '${type}', ${id(row)}); END`;
  return [
    `CREATE TRIGGER ${name("create")} AFTER INSERT ON ${quoteName(table)} ${log("create", "NEW")}`,
    `CREATE TRIGGER ${name("update")} AFTER UPDATE ON ${quoteName(table)} ${log("update", "NEW")}`,
    `CREATE TRIGGER ${name("delete")} AFTER DELETE ON ${quoteName(table)} ${log("delete", "OLD")}`,
    `CREATE TRIGGER ${name("key")} BEFORE UPDATE OF ${quoteName(key)} ON ${quoteName(table)} ` +
      `WHEN ${id("NEW")} IS NOT ${id("OLD")} BEGIN SELECT RAISE(ABORT, 'an id never changes'); END`,
  ];
}

/** The same for a table of the framework's own, whose statements may run again: a version may add to them. */
export function frameworkTriggersSql(table: string, key = "id"): string[] {
  return logTriggersSql(table, key).map((trigger) => trigger.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"));
}

/**
 * The change log, and its first entry: with it every position in the log names an entry, from the first on. The
 * nonce tells an entry from another that took its number after a roll back.
 */
export const changeLogSql: readonly string[] = [
  `CREATE TABLE _changes (
  seq INTEGER PRIMARY KEY,
  nonce BLOB NOT NULL DEFAULT (randomblob(8)),
  "table" TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT`,
  `INSERT INTO _changes (seq, "table", type, id) VALUES (1, '', 'genesis', '')`,
];

/** The statements of a framework table whose changes are logged. They can run more than once. */
export function loggedTableSql(name: string, key: string, create: string): string {
  return [create, ...frameworkTriggersSql(name, key)].join(";\n");
}
