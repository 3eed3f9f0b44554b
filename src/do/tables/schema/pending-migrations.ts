import type { Migration } from "../../../router/schema/migration.js";

/** What an object has yet to run, or that a newer version of the app was here before. */
export interface PendingMigrations {
  readonly steps: readonly Migration[];
  /** The newest step that this version does not know. */
  readonly newer: string | undefined;
}

/**
 * @param done the ids that the object remembers, in the order in which they ran
 * @throws Error for a step that was put in before one that has run: what it would find is not what it was written for
 */
export function pendingMigrations(done: readonly string[], migrations: readonly Migration[]): PendingMigrations {
  const ran = new Set(done);
  const steps = migrations.filter(({ id }) => !ran.has(id));
  const late = migrations.findLast(({ id }) => ran.has(id));
  const [first] = steps;
  if (first && late && migrations.indexOf(first) < migrations.indexOf(late)) {
    throw new Error(
      `The migration "${first.id}" stands before "${late.id}", which has run already: move it to the end.`,
    );
  }
  const last = done.at(-1);
  const known = last === undefined || migrations.some(({ id }) => id === last);
  return { steps, newer: known || steps.length > 0 ? undefined : last };
}
