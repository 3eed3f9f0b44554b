import { AsyncLocalStorage } from "node:async_hooks";
import type { SimpleCondition } from "../query/simple-condition.js";

/** A read of a query: a whole table, or some of its rows. Stored with a live query, so its fields never change. */
export interface Read {
  /** The name of the table in the change log; {@link ALL_TABLES} for every table. */
  readonly table: string;
  /**
   * Conditions that all rows of interest fulfill.
   * @default the whole table was read
   */
  readonly where?: readonly SimpleCondition[] | undefined;
  /**
   * The ids of the rows that were found. Another row matters only if it matches the conditions after a change.
   * @default unknown
   */
  readonly found?: readonly string[] | undefined;
}

export const ALL_TABLES = "*";

/** Receives the dependencies of a query while it runs. */
export interface ReadRecorder {
  recordRead(read: Read): void;
  /** Records that the query read something that depends on the caller. */
  recordCaller(): void;
}

// Per call, not per object: the reads of an `async` query must not count as those of a concurrent one.
const current = new AsyncLocalStorage<ReadRecorder | undefined>();

/** The recorder of the live query that runs; `undefined` outside a live query. */
export function currentRecorder(): ReadRecorder | undefined {
  return current.getStore();
}

/** Runs work and passes its reads to a recorder. */
export function withRecorder<TResult>(recorder: ReadRecorder | undefined, work: () => TResult): TResult {
  return current.run(recorder, work);
}

/** Runs work whose reads are not recorded, or are recorded in another way. */
export function withoutRecorder<TResult>(work: () => TResult): TResult {
  // Outside a live query, which is where most calls run, there is nothing to change.
  return current.getStore() === undefined ? work() : current.run(undefined, work);
}

/**
 * Runs a check of the caller that is repeated for each caller: its reads are recorded, its use of the caller is not.
 */
export function withoutCallerTracking<TResult>(work: () => TResult): TResult {
  const recorder = current.getStore();
  return recorder ? current.run({ ...recorder, recordCaller() {} }, work) : work();
}
