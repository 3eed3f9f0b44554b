import type { SchemaStep } from "./framework-schema.js";
import { quoteLiteral, quoteName } from "./sql-text.js";

/**
 * Creates the change log and its first entry, so that every cursor refers to an entry. The nonce distinguishes an entry
 * from another one that got the same number after a rollback. The data of an event is in its entry, so that both are deleted
 * together. It is the last column, so that other reads skip it.
 */
export const changeLogSql: readonly string[] = [
  `CREATE TABLE _changes (
  seq INTEGER PRIMARY KEY,
  nonce BLOB NOT NULL DEFAULT (randomblob(8)),
  "table" TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
  data TEXT
) STRICT`,
  `INSERT INTO _changes (seq, "table", type, id) VALUES (1, '', 'genesis', '')`,
];

/** Earlier versions created the change log without the data of events. */
export const addEventData: SchemaStep = {
  name: "add the data of events to the change log",
  run({ sql }) {
    const columns = sql.exec("SELECT name FROM pragma_table_info('_changes')").toArray();
    if (!columns.some(({ name }) => name === "data")) sql.exec("ALTER TABLE _changes ADD COLUMN data TEXT");
  },
};

/**
 * Creates the triggers that add each change of a table to the change log, in the transaction of the change. An entry
 * contains only the id of the row: a copy of the row as JSON would round fractions and fail for bytes.
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

/** Creates the same triggers for a table of the framework, whose statements can run again. */
export function frameworkTriggersSql(table: string, key = "id"): string[] {
  return logTriggersSql(table, key).map((trigger) => trigger.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"));
}

/** Creates a table of the framework whose changes are logged. The statements can run again. */
export function loggedTableSql(name: string, key: string, create: string): string {
  return [create, ...frameworkTriggersSql(name, key)].join(";\n");
}

/**
 * Sets the options that SQLite does not store. Must be called by each instance before it writes. Without recursive
 * triggers, INSERT OR REPLACE deletes a conflicting row without running the triggers of the change log. Writes nothing.
 */
export function prepareConnection(sql: SqlStorage): void {
  sql.exec("PRAGMA recursive_triggers = on");
}
