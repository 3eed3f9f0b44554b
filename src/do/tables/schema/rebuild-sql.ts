import type { TableModel } from "../../../router/schema/column.js";
import { logTriggersSql } from "./change-log-sql.js";
import { columnSql, createIndexSql, type Defaults } from "./ddl.js";
import type { TableColumn } from "./read-stored-schema.js";
import { quoteName, quoteNames } from "./sql-text.js";

const COPY = quoteName("_rebuilt");

/**
 * Replaces a stored table with one of the current definition, and copies its rows without entries in the change log.
 * Unique indexes are created later, as for other tables, because one that stored rows violate must not fail the
 * migration.
 */
export function rebuildSql(model: TableModel, stored: readonly TableColumn[], defaults: Defaults): string[] {
  const defined = new Set(model.columns.map(({ name }) => name));
  // Columns that only another version knows stay, but cannot be required, because this version does not write them.
  const extras = stored.filter(({ name }) => !defined.has(name));
  const copied = quoteNames(stored.map(({ name }) => name));
  const columns = [
    ...model.columns.map((column) => columnSql(column, defaults)),
    ...extras.map(({ name, type }) => `${quoteName(name)} ${type}`),
  ];
  const table = quoteName(model.name);
  return [
    `CREATE TABLE ${COPY} (\n${columns.map((column) => `  ${column}`).join(",\n")}\n) STRICT`,
    `INSERT INTO ${COPY} (${copied}) SELECT ${copied} FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE ${COPY} RENAME TO ${table}`,
    ...model.indexes.filter(({ unique }) => !unique).map((index) => createIndexSql(model.name, index)),
    ...logTriggersSql(model.name),
  ];
}
