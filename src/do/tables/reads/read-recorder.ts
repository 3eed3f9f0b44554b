import { AsyncLocalStorage } from "node:async_hooks";
import type { SimpleCondition } from "../query/simple-condition.js";

/** What a query read: a whole table, or some rows of it. Plain data: it is kept with a live query that sleeps. */
export interface Read {
  /** What the change log calls it; `*` for all that there is. */
  readonly table: string;
  /**
   * What a row of it must hold to be of interest: all of these.
   * @default the whole table is
   */
  readonly where?: readonly SimpleCondition[] | undefined;
  /**
   * The rows that were found: no other row's end, or change to one that does not fit, makes a difference.
   * @default unknown
   */
  readonly found?: readonly string[] | undefined;
}

/** Stands for all tables. */
export const ALL_TABLES = "*";

/** Is told what a query depends on, while it runs. */
export interface ReadRecorder {
  read(read: Read): void;
  /** It looked at who calls. */
  caller(): void;
}

// By the call, not by the object: an `async` query's reads must not be counted as another's.
const running = new AsyncLocalStorage<ReadRecorder | undefined>();

/** Who wants to know what is read now; nobody outside a live query. */
export function currentRecorder(): ReadRecorder | undefined {
  return running.getStore();
}

/** Runs work, and tells the recorder what it reads. */
export function recording<TResult>(recorder: ReadRecorder | undefined, work: () => TResult): TResult {
  return running.run(recorder, work);
}

/** Runs work whose reads are nobody's, or told in another way. */
export function unrecorded<TResult>(work: () => TResult): TResult {
  return running.run(undefined, work);
}

/** Runs a look at who calls that is repeated for each caller: what it reads counts, and that it looked does not. */
export function withoutCallerTracking<TResult>(work: () => TResult): TResult {
  const recorder = running.getStore();
  return recorder ? running.run({ ...recorder, caller() {} }, work) : work();
}
