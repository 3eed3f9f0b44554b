import type { ColumnType, Compilable, Kysely, RawBuilder } from "kysely";
import type { Row } from "./row.js";
import type { TableDefinition, TableDefinitions } from "./table.js";

/** How a value lies in its column, which is what `db` reads and writes: nothing is decoded, checked or filled in. */
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

/** A query that was built and not executed, with the type of its rows. */
export type BuiltQuery<TRow> = Compilable<TRow> | RawBuilder<TRow>;

/**
 * Runs built queries at once, without a promise: inside a mutation they belong to its transaction. Kysely's own
 * `.execute()` throws here.
 */
export interface QueryRunner {
  /** The rows. @throws TRPCError BAD_REQUEST for a value that SQLite would change, or more than 100 of them */
  all<TRow>(query: BuiltQuery<TRow>): TRow[];
  /** The first row, or `null`. */
  first<TRow>(query: BuiltQuery<TRow>): TRow | null;
  /** Runs a statement for what it does; says how many rows it changed. */
  run(query: BuiltQuery<unknown>): number;
}

/**
 * Kysely over an owner's tables, for joins, aggregates and whatever else `tables` has no word for. It sees values as
 * they are stored: 0 and 1 for booleans, milliseconds for dates, JSON text for objects and arrays. Zod does not look
 * at what is written so, and `updatedAt` stays unless it is set; subscribers are told as of any write.
 */
export type Database<TDefinitions extends TableDefinitions> = Kysely<{
  [TName in keyof TDefinitions]: StoredColumns<TDefinitions[TName]>;
}> &
  QueryRunner;
