import type { CompiledQuery, Kysely } from "kysely";
import type { BuiltQuery, QueryRunner } from "../../router/schema/database.js";
import { createBuilder } from "./query/create-builder.js";
import { MAX_VALUES, type SqlValue } from "./codec/sql-value.js";
import { badRequest } from "./table-errors.js";

export interface DatabaseOptions {
  readonly sql: SqlStorage;
  /** Called after each statement that can have written, with the number of rows. */
  readonly onWrite: (rows: number) => void;
}

/**
 * Creates a Kysely whose queries run on an object's storage, synchronously.
 *
 * @returns a database that throws a ReasonedError BAD_REQUEST: QUERY_TOO_COMPLEX for more than 100 values,
 * VALUE_INVALID
 */
export function createDatabase<TTables>({ sql, onWrite }: DatabaseOptions): Kysely<TTables> & QueryRunner {
  const builder = createBuilder<TTables>();

  function exec(query: BuiltQuery<unknown>) {
    const compiled: CompiledQuery = query.compile(builder);
    if (compiled.parameters.length > MAX_VALUES) {
      throw badRequest(
        "QUERY_TOO_COMPLEX",
        `The statement has ${compiled.parameters.length} values, and the limit is ${MAX_VALUES}. ` +
          'Pass a list as one value: where("id", "in", sql`(select value from json_each(${JSON.stringify(ids)}))`).',
      );
    }
    const cursor = sql.exec(compiled.sql, ...compiled.parameters.map(checkValue));
    return { cursor, isSelect: compiled.query.kind === "SelectQueryNode" };
  }

  function rows(query: BuiltQuery<unknown>): unknown[] {
    const { cursor, isSelect } = exec(query);
    const result = cursor.toArray();
    if (!isSelect) onWrite(result.length);
    return result;
  }

  const runner = {
    all: rows,
    first: (query: BuiltQuery<unknown>) => rows(query)[0] ?? null,
    run(query: BuiltQuery<unknown>) {
      const { cursor, isSelect } = exec(query);
      cursor.toArray();
      if (isSelect) return 0;
      const changed = Number(sql.exec("SELECT changes() AS n").one()["n"]);
      onWrite(changed);
      return changed;
    },
    // Kysely infers the type of the rows from the query.
  } as QueryRunner;
  return Object.assign(builder, runner);
}

/** SQLite would store NaN as NULL, and half of a surrogate pair as another character. */
function checkValue(value: unknown): SqlValue {
  if (value === null || value instanceof ArrayBuffer || value instanceof Uint8Array) return value;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw badRequest(
    "VALUE_INVALID",
    "The statement has a value that SQLite cannot store. Pass text, finite numbers, bytes or null: 0 or 1 for a boolean, " +
      "and getTime() of a date.",
  );
}
