import type { Kysely } from "kysely";
import type { QueryRunner } from "./database.js";

/** What a step works with: the tables as they are stored, under whatever names they have by then. */
export type MigrationDatabase = Kysely<Record<string, Record<string, unknown>>> &
  QueryRunner & {
    /**
     * Brings a table to its definition once all steps have run: types, what may be empty, and what an enum allows.
     * Rows are copied as they are, and one that does not fit fails the migration. Columns that the definition does
     * not have stay.
     */
    rebuild(table: string): void;
  };

/** One step of an app's data from version to version. It runs once in each object, in a transaction. */
export interface Migration {
  /** Remembered by each object that ran it: never change or reuse one. */
  readonly id: string;
  /** Synchronous. */
  readonly up: (db: MigrationDatabase) => void;
}

/** The steps of each kind of owner, oldest first. */
export interface Migrations {
  readonly user?: readonly Migration[];
  readonly organization?: readonly Migration[];
}

/** @throws Error for an id that is empty or used twice */
export function checkMigrations(migrations: readonly Migration[]): void {
  const ids = new Set<string>();
  for (const { id } of migrations) {
    if (typeof id !== "string" || id === "" || ids.has(id)) {
      throw new Error(`A migration's id is a text that no other has; this one is ${JSON.stringify(id)}.`);
    }
    ids.add(id);
  }
}
