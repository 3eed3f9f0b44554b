import { TRPCError } from "@trpc/server";
import { currentRecorder } from "./read-recorder.js";
import { createStatementReads } from "./statement-reads.js";
import type { SqlValue } from "../codec/sql-value.js";

/**
 * An object's storage that tells a live query which tables it reads, however it reads them. What knows better which
 * rows it reads says so, and runs its statement unrecorded.
 */
export function recordedSql(sql: SqlStorage): SqlStorage {
  const readsOf = createStatementReads(sql);
  return {
    exec(text: string, ...values: SqlValue[]) {
      const recorder = currentRecorder();
      if (recorder) {
        const { tables, writes } = readsOf(text, values);
        if (writes) throw readsOnly();
        for (const table of tables) recorder.read({ table });
      }
      return sql.exec(text, ...values);
    },
    get databaseSize() {
      return sql.databaseSize;
    },
    Cursor: sql.Cursor,
    Statement: sql.Statement,
  } as SqlStorage;
}

/** A query that writes what it reads would be run again by its own write, for ever. */
function readsOnly(): TRPCError {
  return new TRPCError({
    code: "METHOD_NOT_SUPPORTED",
    message: "This query writes, and a live query only reads. Write in a mutation, or do not keep the query live.",
  });
}
