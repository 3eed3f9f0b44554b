import type { TableModel } from "../../../router/schema/column.js";
import type { Migration } from "../../../router/schema/migration.js";
import { createDatabase } from "../create-database.js";
import type { Defaults } from "./ddl.js";
import { readColumns, readStoredSchema } from "./read-stored-schema.js";
import { rebuildSql } from "./rebuild-sql.js";
import type { StoredSchema } from "./schema-plan.js";

/** Reads the ids of the migrations that an object has run, or that already existed when it was initialized. */
export function readMigrations(sql: SqlStorage): string[] {
  sql.exec("CREATE TABLE IF NOT EXISTS _migrations (id TEXT NOT NULL, at INTEGER NOT NULL) STRICT");
  return sql
    .exec("SELECT id FROM _migrations ORDER BY rowid")
    .toArray()
    .map(({ id }) => String(id));
}

/** Stores that migrations have run. */
export function recordMigrations(sql: SqlStorage, migrations: readonly Migration[]): void {
  for (const { id } of migrations) sql.exec("INSERT INTO _migrations (id, at) VALUES (?, ?)", id, Date.now());
}

export interface PendingMigrations {
  readonly migrations: readonly Migration[];
  /** The id of the last migration that the object has run, if only a newer version of the app has it. */
  readonly newer: string | undefined;
}

/**
 * Returns the migrations that an object has not run.
 *
 * @param done the ids of the migrations that the object has run, in their order
 * @throws Error if a pending migration is before one that has run, because it was written for earlier tables
 */
export function pendingMigrations(done: readonly string[], migrations: readonly Migration[]): PendingMigrations {
  const doneIds = new Set(done);
  const pending = migrations.filter(({ id }) => !doneIds.has(id));
  const lastDone = migrations.findLast(({ id }) => doneIds.has(id));
  const [first] = pending;
  if (first && lastDone && migrations.indexOf(first) < migrations.indexOf(lastDone)) {
    throw new Error(
      `The migration "${first.id}" is before "${lastDone.id}", which has already run. Move it to the end of the list.`,
    );
  }
  const last = done.at(-1);
  const isKnown = last === undefined || migrations.some(({ id }) => id === last);
  return { migrations: pending, newer: isKnown || pending.length > 0 ? undefined : last };
}

export interface RunMigrationsOptions {
  readonly sql: SqlStorage;
  readonly migrations: readonly Migration[];
  /** The stored schema before the migrations. */
  readonly stored: StoredSchema;
  readonly models: readonly TableModel[];
  readonly defaultsOf: (table: string) => Defaults;
}

/**
 * Runs migrations. Must run in a transaction.
 *
 * @returns the stored schema after the migrations
 * @throws Error that names the migration that failed
 */
export function runMigrations({ sql, migrations, stored, models, defaultsOf }: RunMigrationsOptions): StoredSchema {
  const rebuilds = new Set<TableModel>();
  const db = Object.assign(createDatabase<Record<string, Record<string, unknown>>>({ sql, onWrite() {} }), {
    rebuild(table: string): void {
      const model = models.find(({ name }) => name === table);
      // The app may have removed the table since the migration was written.
      if (model) rebuilds.add(model);
    },
  });
  for (const { id, up } of migrations) {
    withErrorPrefix(`The migration "${id}" failed`, () => {
      const result: unknown = up(db);
      if (typeof result === "object" && result !== null && "then" in result) {
        throw new Error(
          "It is asynchronous, but a migration runs in a synchronous transaction. Write it without await.",
        );
      }
    });
  }
  recordMigrations(sql, migrations);
  for (const model of rebuilds) {
    const columns = readColumns(sql, model.name);
    if (columns.length === 0) continue;
    withErrorPrefix(`Rebuilding the table "${model.name}" failed`, () => {
      for (const statement of rebuildSql(model, columns, defaultsOf(model.name))) sql.exec(statement);
    });
  }
  return readStoredSchema(sql, stored, { models, rebuilt: rebuilds });
}

function withErrorPrefix(problem: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${problem}, and all its changes were rolled back: ${reason}`, { cause });
  }
}
