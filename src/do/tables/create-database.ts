import type { CompiledQuery, Kysely } from "kysely";
import type { BuiltQuery, QueryRunner } from "../../router/schema/database.js";
import { badRequest } from "./bad-request.js";
import { createBuilder } from "./query/create-builder.js";
import { MAX_VALUES, type SqlValue } from "./codec/sql-value.js";

export interface DatabaseOptions {
  readonly sql: SqlStorage;
  /** Called after each statement that may have written. */
  readonly onWrite: (rows: number) => void;
}

/** Kysely over an object's storage: built as ever, run at once. */
export function createDatabase<TTables>({ sql, onWrite }: DatabaseOptions): Kysely<TTables> & QueryRunner {
  const builder = createBuilder<TTables>();

  function exec(query: BuiltQuery<unknown>) {
    const compiled: CompiledQuery = query.compile(builder);
    if (compiled.parameters.length > MAX_VALUES) {
      throw badRequest(
        `A statement takes ${MAX_VALUES} values at most; this one has ${compiled.parameters.length}. ` +
          'Pass a list as one value: where("id", "in", sql`(select value from json_each(${JSON.stringify(ids)}))`).',
      );
    }
    const cursor = sql.exec(compiled.sql, ...compiled.parameters.map(checkValue));
    return { cursor, reads: compiled.query.kind === "SelectQueryNode" };
  }

  function rows(query: BuiltQuery<unknown>): unknown[] {
    const { cursor, reads } = exec(query);
    const found = cursor.toArray();
    if (!reads) onWrite(found.length);
    return found;
  }

  const runner = {
    all: rows,
    first: (query: BuiltQuery<unknown>) => rows(query)[0] ?? null,
    run(query: BuiltQuery<unknown>) {
      const { cursor, reads } = exec(query);
      cursor.toArray();
      if (reads) return 0;
      const changed = Number(sql.exec("SELECT changes() AS n").one()["n"]);
      onWrite(changed);
      return changed;
    },
    // The rows' type is what Kysely inferred while the query was built.
  } as QueryRunner;
  return Object.assign(builder, runner);
}

/** SQLite would take NaN for null, and half a surrogate pair for another character. */
function checkValue(value: unknown): SqlValue {
  if (value === null || value instanceof ArrayBuffer || value instanceof Uint8Array) return value;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw badRequest("A statement takes text, finite numbers, bytes and null: 0 or 1 for a boolean, a date's getTime().");
}
