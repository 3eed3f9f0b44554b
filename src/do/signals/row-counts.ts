import { AsyncLocalStorage } from "node:async_hooks";
import type { CallReport } from "../../shared/call-report.js";

type Counts = Pick<CallReport, "rowsRead" | "rowsWritten">;
type Cursor = ReturnType<SqlStorage["exec"]>;

/** Sums the rows of the statements of one call. */
export interface RowCounter {
  add(cursor: Cursor): void;
  /** Returns the rows so far. Statements of work that the call left behind do not count. */
  end(): Counts;
}

/** How many cursors are kept until the end, because their rows are known only after they were read. */
const MAX_CURSORS = 256;

// Per call, not per object: the statements of an `async` procedure must not count as those of a concurrent one.
const current = new AsyncLocalStorage<RowCounter>();

export function createRowCounter(): RowCounter {
  let cursors: Cursor[] = [];
  let hasEnded = false;
  const counts = { rowsRead: 0, rowsWritten: 0 };

  function sum(): void {
    for (const { rowsRead, rowsWritten } of cursors) {
      counts.rowsRead += rowsRead;
      counts.rowsWritten += rowsWritten;
    }
    cursors = [];
  }

  return {
    add(cursor) {
      if (hasEnded) return;
      // The statement before has been read, unless the app reads two at once.
      if (cursors.length === MAX_CURSORS) sum();
      cursors.push(cursor);
    },
    end() {
      hasEnded = true;
      sum();
      return counts;
    },
  };
}

/** Runs work, and counts its statements. */
export function withRowCounter<TResult>(counter: RowCounter, work: () => TResult): TResult {
  return current.run(counter, work);
}

/** The `exec` that a counting one wraps. The symbol is shared by all copies of this package in an isolate. */
const UNCOUNTED = Symbol.for("trpc-userdo.uncounted-exec");

type Exec = SqlStorage["exec"] & { readonly [UNCOUNTED]?: SqlStorage["exec"] };

/**
 * Counts the rows of the statements of a storage. It replaces `exec` of the storage itself, which the app's class can use
 * too. Call it after `watchWrites`, because it wraps that `exec`. A later call replaces this one.
 */
export function countRows(sql: SqlStorage): void {
  const given: Exec = sql.exec;
  const exec = given[UNCOUNTED] ?? given.bind(sql);
  const countedExec = (text: string, ...values: never[]) => {
    const cursor = exec(text, ...values);
    current.getStore()?.add(cursor);
    return cursor;
  };
  // Also copies the mark of `watchWrites`, by which a later watcher finds the original `exec`.
  const value = Object.assign(countedExec, given, { [UNCOUNTED]: exec });
  Object.defineProperty(sql, "exec", { configurable: true, value });
}
