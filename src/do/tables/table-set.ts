import type { TableModel } from "../../router/schema/column.js";
import { describeTables } from "../../router/schema/describe-tables.js";
import type { Row } from "../../router/schema/row.js";
import { checkMigrations, type Migration } from "../../router/schema/migration.js";
import type { TableDefinition, TableDefinitions } from "../../router/schema/table.js";
import { applyPlan, type TableProblems } from "./schema/apply-plan.js";
import { readDefaults } from "./schema/column-defaults.js";
import { changeLogSql, createTableSql, type Defaults } from "./schema/ddl.js";
import { fillComputedDefaults } from "./schema/fill-computed-defaults.js";
import { ownProperty } from "./own-property.js";
import { pendingMigrations } from "./schema/pending-migrations.js";
import { prepareTable, type PreparedTable } from "./prepared-table.js";
import { readRowsById, readRowSizes, readStoredRows, type StoredRow } from "./query/rows-by-id.js";
import { readMigrations, recordMigrations, runMigrations } from "./schema/run-migrations.js";
import { planSchema, type SchemaPlan, type StoredSchema, toStoredSchema } from "./schema/schema-plan.js";

/** The tables of one kind of owner, prepared once for all the objects of that kind. */
export interface TableSet<TDefinitions extends TableDefinitions = TableDefinitions> {
  readonly tables: ReadonlyMap<string, PreparedTable>;
  /** Carries the definitions' types. */
  readonly definitions: TDefinitions;
  /** Changes whenever what is stored does, and with nothing else. */
  readonly fingerprint: string;
  /** Creates the change log and the tables. Call it in the transaction of the object's birth. */
  install(sql: SqlStorage): void;
  /**
   * Runs the written steps that are new, and adds what else is new since the stored version. Where a newer version
   * was before, nothing is changed. Call it in a transaction, when the fingerprint differs.
   *
   * @returns why tables cannot be used: stored rows do not allow a new unique index
   * @throws Error for a step that fails, or a difference that needs one: roll the transaction back
   */
  update(sql: SqlStorage): TableProblems;
  /** The rows that are there, by id. */
  rowsById(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, Row<TableDefinition>>;
  /** The same, by column and as they are stored; `undefined` for a table that is not one of these. */
  storedRows(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, StoredRow> | undefined;
  /** Sizes of existing rows, in bytes, without columns that are always short. */
  rowSizes(sql: SqlStorage, table: string, ids: readonly string[]): Map<string, number>;
}

/** @throws Error when a definition is wrong; the message names the table and the field */
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

  function fill(sql: SqlStorage, { tables: stored }: StoredSchema): void {
    for (const model of models) {
      const [definition, before] = [definitions[model.name], ownProperty(stored, model.name)];
      if (definition && before) fillComputedDefaults(sql, model, { definition, before });
    }
  }

  return {
    tables,
    definitions,
    fingerprint: JSON.stringify([toStoredSchema(models), migrations.map(({ id }) => id)]),
    install(sql) {
      sql.exec("CREATE TABLE _schema (id INTEGER PRIMARY KEY, stored TEXT NOT NULL) STRICT");
      for (const statement of changeLogSql) sql.exec(statement);
      // Born with the tables as they are now: there is nothing to migrate.
      readMigrations(sql);
      recordMigrations(sql, migrations);
      applyPlan(sql, planSchema({ tables: {} }, models, defaultsOf));
    },
    update(sql) {
      const [row] = sql.exec<{ stored: string }>("SELECT stored FROM _schema").toArray();
      const stored = JSON.parse(row?.stored ?? '{"tables":{}}') as StoredSchema;
      const { steps, newer } = pendingMigrations(readMigrations(sql), migrations);
      if (newer !== undefined) {
        checkNewer(newer, planSchema(stored, models, defaultsOf));
        return new Map();
      }
      const now = steps.length === 0 ? stored : runMigrations({ sql, steps, stored, models, defaultsOf });
      return applyPlan(sql, planSchema(now, models, defaultsOf), () => fill(sql, now));
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

/** An older version takes what a newer one has left, as long as it finds all it needs: it adds nothing back. */
function checkNewer(newer: string, { statements }: SchemaPlan): void {
  if (statements.length === 0) return;
  throw new Error(`A newer version of the app was here: it ran "${newer}", and left out what this version needs.`);
}

/** SQLite in a Durable Object reads statements of up to 100,000 bytes; at birth it would be too late to hear it. */
function checkLength(model: TableModel): void {
  if (createTableSql(model).every((statement) => statement.length * 3 <= 100_000)) return;
  throw new Error(`The table "${model.name}" is too long to define: its enums have too many values.`);
}
