import { ReasonedError } from "../../../router/reasoned-error.js";
import { currentRecorder } from "./read-recorder.js";
import { createStatementAnalyzer, type StatementAnalyzer } from "./statement-reads.js";
import type { SqlValue } from "../codec/sql-value.js";

/**
 * Wraps an object's storage so that each statement of a live query records the tables that it reads. Code that knows
 * the rows more precisely records them itself, and runs its statement with `withoutRecorder`.
 *
 * @returns a storage whose `exec` throws a ReasonedError METHOD_NOT_SUPPORTED (LIVE_QUERY_WRITES) if a live query
 * writes
 */
export function recordedSql(sql: SqlStorage): SqlStorage {
  // The type parameter of `exec` cannot be expressed by a method that forwards to it.
  return new RecordedSql(sql) as SqlStorage;
}

/** A class, because each object that wakes creates an instance, and objects with getters of their own are slow to create. */
class RecordedSql implements Pick<SqlStorage, "databaseSize" | "Cursor" | "Statement"> {
  readonly #sql: SqlStorage;
  #analyze: StatementAnalyzer | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  exec(text: string, ...values: SqlValue[]) {
    const recorder = currentRecorder();
    if (recorder) {
      this.#analyze ??= createStatementAnalyzer(this.#sql);
      const { tables, writes } = this.#analyze(text, values);
      if (writes) throw liveQueryWrites();
      for (const table of tables) recorder.recordRead({ table });
    }
    return this.#sql.exec(text, ...values);
  }

  get databaseSize(): number {
    return this.#sql.databaseSize;
  }

  get Cursor(): SqlStorage["Cursor"] {
    return this.#sql.Cursor;
  }

  get Statement(): SqlStorage["Statement"] {
    return this.#sql.Statement;
  }
}

/** @throws ReasonedError as `exec`, for an effect that is not a statement */
export function assertMayWrite(): void {
  if (currentRecorder()) throw liveQueryWrites();
}

/** A live query that changes what it reads would run again after each of its own runs. */
function liveQueryWrites(): ReasonedError {
  return new ReasonedError({
    code: "METHOD_NOT_SUPPORTED",
    reason: "LIVE_QUERY_WRITES",
    message:
      "This query writes, but a live query can only read. Write in a mutation, or call the query without live().",
  });
}
