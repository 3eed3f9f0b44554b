import type { TableModel } from "../../../router/schema/column.js";
import type { Migration } from "../../../router/schema/migration.js";
import { createDatabase } from "../create-database.js";
import type { Defaults } from "./ddl.js";
import { readStoredSchema, tableColumns } from "./read-stored-schema.js";
import { rebuildSql } from "./rebuild-sql.js";
import type { StoredSchema } from "./schema-plan.js";

export const migrationsSql = "CREATE TABLE IF NOT EXISTS _migrations (id TEXT NOT NULL, at INTEGER NOT NULL) STRICT";

/** The steps that an object has run, or was born after. */
export function readMigrations(sql: SqlStorage): string[] {
  sql.exec(migrationsSql);
  return sql
    .exec("SELECT id FROM _migrations ORDER BY rowid")
    .toArray()
    .map(({ id }) => String(id));
}

/** Remembers steps as run. */
export function recordMigrations(sql: SqlStorage, migrations: readonly Migration[]): void {
  for (const { id } of migrations) sql.exec("INSERT INTO _migrations (id, at) VALUES (?, ?)", id, Date.now());
}

export interface RunMigrationsOptions {
  readonly sql: SqlStorage;
  readonly steps: readonly Migration[];
  readonly stored: StoredSchema;
  readonly models: readonly TableModel[];
  readonly defaultsOf: (table: string) => Defaults;
}

/**
 * Runs steps, in a transaction of the caller's, and says what is stored then.
 *
 * @throws Error that names the step
 */
export function runMigrations({ sql, steps, stored, models, defaultsOf }: RunMigrationsOptions): StoredSchema {
  const rebuilds = new Set<TableModel>();
  const db = Object.assign(createDatabase<Record<string, Record<string, unknown>>>({ sql, onWrite() {} }), {
    rebuild(table: string): void {
      const model = models.find(({ name }) => name === table);
      // A table that a later version does without: the step was for those who still had it.
      if (model) rebuilds.add(model);
    },
  });
  for (const { id, up } of steps) {
    naming(`The migration "${id}"`, () => {
      const result: unknown = up(db);
      if (typeof result === "object" && result !== null && "then" in result) {
        throw new Error("It is asynchronous, and would go on after its transaction: write it without await.");
      }
    });
  }
  recordMigrations(sql, steps);
  for (const model of rebuilds) {
    const columns = tableColumns(sql, model.name);
    if (columns.length === 0) continue;
    naming(`Rebuilding the table "${model.name}"`, () => {
      for (const statement of rebuildSql(model, columns, defaultsOf(model.name))) sql.exec(statement);
    });
  }
  return readStoredSchema(sql, stored, { models, rebuilt: rebuilds });
}

function naming(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${what} failed, and nothing of it is kept: ${reason}`, { cause: error });
  }
}
