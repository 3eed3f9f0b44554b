import type { TableModel } from "../../../router/schema/column.js";
import { columnSql, createIndexSql, type Defaults, logTriggersSql } from "./ddl.js";
import type { TableColumn } from "./read-stored-schema.js";
import { quoteName, quoteNames } from "./sql-text.js";

const COPY = quoteName("_rebuilt");

/**
 * Replaces a stored table by one with the current definition, and keeps its rows. The change log gets no entries. Unique indexes are
 * created later, as for other tables: one that stored rows do not allow must not fail the migration.
 */
export function rebuildSql(model: TableModel, stored: readonly TableColumn[], defaults: Defaults): string[] {
  const defined = new Set(model.columns.map(({ name }) => name));
  // Beyond the definition: kept for whoever knows it, and never required, since this version cannot fill it.
  const extras = stored.filter(({ name }) => !defined.has(name));
  const kept = quoteNames(stored.map(({ name }) => name));
  const columns = [
    ...model.columns.map((column) => columnSql(column, defaults)),
    ...extras.map(({ name, type }) => `${quoteName(name)} ${type}`),
  ];
  const table = quoteName(model.name);
  return [
    `CREATE TABLE ${COPY} (\n${columns.map((column) => `  ${column}`).join(",\n")}\n) STRICT`,
    `INSERT INTO ${COPY} (${kept}) SELECT ${kept} FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE ${COPY} RENAME TO ${table}`,
    ...model.indexes.filter(({ unique }) => !unique).map((index) => createIndexSql(model.name, index)),
    ...logTriggersSql(model.name),
  ];
}
