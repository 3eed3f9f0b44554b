import { createHash } from "node:crypto";
import type { TableModel } from "../../router/schema/column.js";
import { describeTables } from "../../router/schema/describe-tables.js";
import type { Row } from "../../router/schema/row.js";
import { checkMigrations, type Migration } from "../../router/schema/migration.js";
import type { TableDefinition, TableDefinitions } from "../../router/schema/table.js";
import { applyPlan, type TableProblems } from "./schema/apply-plan.js";
import { readDefaults } from "./schema/column-defaults.js";
import { changeLogSql } from "./schema/change-log-sql.js";
import { createTableSql, type Defaults } from "./schema/ddl.js";
import { fillComputedDefaults } from "./schema/fill-computed-defaults.js";
import { ownProperty } from "./own-property.js";
import { prepareTable, type PreparedTable } from "./prepared-table.js";
import { readRowsById, readRowSizes, readStoredRows, type StoredRow } from "./query/rows-by-id.js";
import { pendingMigrations, readMigrations, recordMigrations, runMigrations } from "./schema/migrations.js";
import { planSchema, type SchemaPlan, type StoredSchema, toStoredSchema } from "./schema/schema-plan.js";

/** The tables of one kind of owner, prepared once for all objects of that kind. */
export interface TableSet<TDefinitions extends TableDefinitions = TableDefinitions> {
  readonly tables: ReadonlyMap<string, PreparedTable>;
  /** Preserves the types of the definitions. */
  readonly definitions: TDefinitions;
  /** Changes if and only if the stored schema or the list of migrations changes. */
  readonly fingerprint: string;
  /** A short form of the fingerprint, for people. */
  readonly version: string;
  /** Creates the change log and the tables. Must run in the transaction that initializes the object. */
  install(sql: SqlStorage): void;
  /**
   * Runs pending migrations, and adds new tables, fields and indexes. Changes nothing if a newer version of the app has
   * upgraded the object. Must run in a transaction, when the fingerprint has changed.
   *
   * @returns the tables that cannot be used, because stored rows violate a new unique index
   * @throws Error if a migration fails, or a difference needs one. The transaction must be rolled back
   */
  update(sql: SqlStorage): TableProblems;
  /** Reads existing rows, by id. */
  rowsById(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, Row<TableDefinition>>;
  /** Reads the same rows in their stored form; `undefined` for a table that is not in the set. */
  storedRows(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, StoredRow> | undefined;
  /** Reads the sizes of existing rows in bytes, without columns that are always short. */
  rowSizes(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, number>;
}

/** @throws Error that names the table and the field, if a definition is not valid */
export function createTableSet<TDefinitions extends TableDefinitions>(
  definitions: TDefinitions,
  migrations: readonly Migration[] = [],
): TableSet<TDefinitions> {
  const models = describeTables(definitions);
  checkMigrations(migrations);
  const tables = new Map<string, PreparedTable>();
  for (const model of models) {
    const definition = definitions[model.name];
    if (definition) tables.set(model.name, prepareTable(model, definition));
    checkLength(model);
  }
  const defaultsOf = (name: string): Defaults => {
    const [table, definition] = [tables.get(name), definitions[name]];
    return table && definition ? readDefaults(table.model, definition) : new Map();
  };

  function fillDefaults(sql: SqlStorage, { tables: stored }: StoredSchema): void {
    for (const model of models) {
      const [definition, before] = [definitions[model.name], ownProperty(stored, model.name)];
      if (definition && before) fillComputedDefaults(sql, model, { definition, before });
    }
  }

  const fingerprint = JSON.stringify([toStoredSchema(models), migrations.map(({ id }) => id)]);
  let version: string | undefined;

  return {
    tables,
    definitions,
    fingerprint,
    get version() {
      return (version ??= createHash("sha256").update(fingerprint).digest("hex").slice(0, 8));
    },
    install(sql) {
      sql.exec("CREATE TABLE _schema (id INTEGER PRIMARY KEY, stored TEXT NOT NULL) STRICT");
      for (const statement of changeLogSql) sql.exec(statement);
      // A new object has the current tables, so no migration has to run.
      readMigrations(sql);
      recordMigrations(sql, migrations);
      applyPlan(sql, planSchema({ tables: {} }, models, defaultsOf));
    },
    update(sql) {
      const [row] = sql.exec<{ stored: string }>("SELECT stored FROM _schema").toArray();
      const stored = JSON.parse(row?.stored ?? '{"tables":{}}') as StoredSchema;
      const { migrations: pending, newer } = pendingMigrations(readMigrations(sql), migrations);
      if (newer !== undefined) {
        checkNewer(newer, planSchema(stored, models, defaultsOf));
        return new Map();
      }
      const current =
        pending.length === 0 ? stored : runMigrations({ sql, migrations: pending, stored, models, defaultsOf });
      return applyPlan(sql, planSchema(current, models, defaultsOf), () => fillDefaults(sql, current));
    },
    rowsById(sql, table, ids) {
      const prepared = tables.get(table);
      return prepared ? readRowsById(sql, prepared, ids) : new Map();
    },
    storedRows(sql, table, ids) {
      const prepared = tables.get(table);
      return prepared && readStoredRows(sql, prepared, ids);
    },
    rowSizes(sql, table, ids) {
      const prepared = tables.get(table);
      return prepared ? readRowSizes(sql, prepared, ids) : new Map();
    },
  };
}

/** Allows an older version to use tables of a newer one, if they have everything that the older version needs. */
function checkNewer(newer: string, { statements }: SchemaPlan): void {
  if (statements.length === 0) return;
  throw new Error(
    `A newer version of the app has run the migration "${newer}" and removed tables, fields or indexes that this version ` +
      "needs. Deploy the newer version.",
  );
}

/** SQLite in a Durable Object accepts statements of up to 100,000 bytes. The app checks it when it starts. */
function checkLength(model: TableModel): void {
  if (createTableSql(model).every((statement) => statement.length * 3 <= 100_000)) return;
  throw new Error(
    `The definition of the table "${model.name}" is too long for SQLite. Use fewer or shorter enum values.`,
  );
}
