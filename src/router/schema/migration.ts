import type { Kysely } from "kysely";
import type { QueryRunner } from "./database.js";

/** The stored tables, under the names that they have when the migration runs. */
export type MigrationDatabase = Kysely<Record<string, Record<string, unknown>>> &
  QueryRunner & {
    /**
     * Rebuilds a table after all migrations have run, so that its types, nullability and enum values match its
     * definition. Rows are copied unchanged; a row that violates the definition fails the migration. Columns that are
     * not in the definition are kept.
     */
    rebuild(table: string): void;
  };

/**
 * A change of the stored tables that is not applied automatically. It runs once in each object, in a transaction.
 *
 * @see docs/migrations.md
 * @example
 * ```ts
 * const rename: Migration = {
 *   id: "2025-03-rename-body",
 *   up: (db) => db.run(db.schema.alterTable("posts").renameColumn("text", "body")),
 * };
 * ```
 */
export interface Migration {
  /** Each object stores the ids of the migrations that it ran, so never change or reuse an id. */
  readonly id: string;
  /** Changes the tables. Must be synchronous. */
  readonly up: (db: MigrationDatabase) => void;
}

/** The migrations of each kind of owner, the oldest first. */
export interface Migrations {
  readonly user?: readonly Migration[];
  readonly organization?: readonly Migration[];
  readonly app?: readonly Migration[];
}

/** @throws Error if an id is empty, not a string, or used twice */
export function checkMigrations(migrations: readonly Migration[]): void {
  const ids = new Set<string>();
  for (const { id } of migrations) {
    if (typeof id !== "string" || id === "" || ids.has(id)) {
      throw new Error(
        `The migration id ${JSON.stringify(id)} is empty, not a string, or used twice. Give each migration its own id.`,
      );
    }
    ids.add(id);
  }
}
