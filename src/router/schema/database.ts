import type { ColumnType, Compilable, Kysely, RawBuilder } from "kysely";
import type { Row } from "./row.js";
import type { TableDefinition, TableDefinitions } from "./table.js";

/** The stored form of a value, which `db` reads and writes without decoding, validation or defaults. */
type Stored<TValue> = unknown extends TValue
  ? string
  : [TValue] extends [string]
    ? TValue
    : [TValue] extends [number]
      ? TValue
      : [TValue] extends [boolean]
        ? 0 | 1
        : [TValue] extends [Date]
          ? number
          : [TValue] extends [Uint8Array]
            ? ColumnType<ArrayBuffer, Uint8Array | ArrayBuffer, Uint8Array | ArrayBuffer>
            : string;

type Nothing<TField> = null extends TField ? null : undefined extends TField ? null : never;

type OrNull<TStored, TNothing> =
  TStored extends ColumnType<infer TSelect, infer TInsert, infer TUpdate>
    ? ColumnType<TSelect | TNothing, TInsert | TNothing, TUpdate | TNothing>
    : TStored | TNothing;

/** A table's columns as they are stored. */
export type StoredColumns<TDefinition extends TableDefinition> = {
  [TField in keyof Row<TDefinition>]-?: OrNull<
    Stored<NonNullable<Row<TDefinition>[TField]>>,
    Nothing<Row<TDefinition>[TField]>
  >;
};

/** A query that is not executed yet, with the type of its rows. */
export type BuiltQuery<TRow> = Compilable<TRow> | RawBuilder<TRow>;

/**
 * Executes queries synchronously, so that they are part of a mutation's transaction. Kysely's own `.execute()` throws.
 */
export interface QueryRunner {
  /**
   * Returns the rows.
   *
   * @throws TRPCError BAD_REQUEST (VALUE_INVALID for a value that SQLite would change, QUERY_TOO_COMPLEX for more than
   * 100 values); METHOD_NOT_SUPPORTED (LIVE_QUERY_WRITES) if a live query writes
   */
  all<TRow>(query: BuiltQuery<TRow>): TRow[];
  /** Returns the first row, or `null`. @throws TRPCError as `all` */
  first<TRow>(query: BuiltQuery<TRow>): TRow | null;
  /** Executes a statement, and returns the number of rows that it changed. @throws TRPCError as `all` */
  run(query: BuiltQuery<unknown>): number;
}

/**
 * Kysely over an owner's tables, for joins, aggregates and other queries that `tables` does not offer. It reads and
 * writes values as they are stored: 0 and 1 for booleans, milliseconds for dates, JSON text for objects and arrays.
 * Values are not validated, and `updatedAt` only changes if the statement sets it. Subscribers are notified as for any
 * other write.
 *
 * @see https://kysely.dev/docs/intro
 * @example
 * ```ts
 * ctx.db.all(ctx.db.selectFrom("posts").select(({ fn }) => fn.countAll<number>().as("count")).where("done", "=", 1));
 * ```
 */
export type Database<TDefinitions extends TableDefinitions> = Kysely<{
  [TName in keyof TDefinitions]: StoredColumns<TDefinitions[TName]>;
}> &
  QueryRunner;
