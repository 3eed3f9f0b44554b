import type { TrackedEnvelope } from "@trpc/server";
import type { Change } from "../../shared/change.js";
import type { ConditionFn } from "./conditions.js";
import type { Operands } from "./operators.js";
import type { Insert, Row, ShapeOf, Update } from "./row.js";
import type { TableDefinition, TableDefinitions } from "./table.js";

/** One page of rows. */
export interface Page<TRow> {
  readonly items: TRow[];
  /** What to pass as `after` for the next page; `null` when this is the last one. */
  readonly nextCursor: string | null;
}

export interface PageOptions {
  /**
   * Where the page begins: `nextCursor` of the one before.
   * @default the first page
   */
  readonly after?: string | null | undefined;
  /**
   * The most rows, from 1 to 1000.
   * @default 50
   */
  readonly size?: number | undefined;
}

/**
 * Rows of one table: which, in which order, how many. Immutable: each step gives a new query, so one can be kept
 * and built upon. All of it is synchronous.
 */
export interface TableQuery<TDefinition extends TableDefinition, TRow = Row<TDefinition>> {
  /**
   * Keeps rows whose field compares so; several are all required.
   *
   * `== null` finds rows without a value, and `!=` and `notIn` find them too: a field without a value differs from
   * every value. Text is compared by its bytes (capitals first, `ä` after `z`), `contains` and `startsWith` tell
   * upper from lower case, and no character in them is special. `contains` also looks into arrays.
   *
   * @throws TRPCError BAD_REQUEST for an unknown field or operator, or a value that the field cannot hold
   */
  where<TField extends keyof Row<TDefinition> & string, TOperator extends keyof Operands<Row<TDefinition>[TField]>>(
    field: TField,
    operator: TOperator,
    value: Operands<Row<TDefinition>[TField]>[TOperator],
  ): TableQuery<TDefinition, TRow>;
  /** Keeps rows that fulfil a condition, which may group others: `where((is) => is.or(…, …))`. */
  where(which: ConditionFn<TDefinition>): TableQuery<TDefinition, TRow>;
  /** Reads these fields only. @throws TRPCError BAD_REQUEST for none, or an unknown one */
  select<TField extends keyof Row<TDefinition> & string>(
    ...fields: readonly [TField, ...TField[]]
  ): TableQuery<TDefinition, Pick<Row<TDefinition>, TField>>;
  /**
   * Sorts; a second one sorts what the first left equal, and the id what all of them did. Rows without a value come
   * first in ascending order. Without any, the order is not promised.
   *
   * @throws TRPCError BAD_REQUEST for an unknown field or direction
   */
  orderBy(field: keyof Row<TDefinition> & string, direction?: "asc" | "desc"): TableQuery<TDefinition, TRow>;
  /** At most so many rows; 0 for none. @throws TRPCError BAD_REQUEST unless it is a whole number, 0 or more */
  limit(count: number): TableQuery<TDefinition, TRow>;
  /** Leaves out the first so many rows. @throws TRPCError BAD_REQUEST unless it is a whole number, 0 or more */
  offset(count: number): TableQuery<TDefinition, TRow>;
  /** The rows. Not capped. */
  all(): TRow[];
  /** The first row, or `null`. */
  first(): TRow | null;
  /** How many rows there are. */
  count(): number;
  /** Whether there is any. */
  exists(): boolean;
  /**
   * A page of the rows, by id unless they are sorted otherwise. The next page begins after the last row of this one,
   * however many rows come or go meanwhile: none is told twice, and none that stays in its place is left out.
   *
   * A page has fewer rows than asked for if they take more than 4 MiB as stored, and at least one.
   *
   * The cursor suits this query only. It contains, readable, the values that the last row was sorted by, or their beginning.
   *
   * @throws TRPCError BAD_REQUEST for a wrong size, another query's cursor, or a query with `limit` or `offset`
   */
  page(options?: PageOptions): Page<TRow>;
}

export interface UpdateOptions {
  /**
   * The `updatedAt` of the row that the change is based on. It differs after every update, so it is the version.
   * @default whatever the row is now
   */
  readonly ifVersion?: Date | undefined;
}

/** A table of this owner. All of it but `changes` is synchronous; each call is atomic. */
export interface Table<TDefinition extends TableDefinition> extends TableQuery<TDefinition> {
  /**
   * Stores a new row.
   *
   * @throws TRPCError BAD_REQUEST when the schema refuses it (with zod's issues as the cause) or it has an unknown
   * key; CONFLICT when a unique index does; PAYLOAD_TOO_LARGE. Nothing is stored then.
   */
  create(values: Insert<TDefinition>): Row<TDefinition>;
  /** Stores several rows, all or none of them. @throws TRPCError as `create` */
  createMany(rows: readonly Insert<TDefinition>[]): Row<TDefinition>[];
  /**
   * Changes the row that has the same values in the fields of a unique index, or stores a new one. Of a row that is
   * there, fields that are left out stay.
   *
   * @throws TRPCError BAD_REQUEST when `on` is not declared `unique`, or one of its fields is without a value;
   * otherwise as `create`
   */
  upsert<TField extends keyof ShapeOf<TDefinition> & string>(
    values: Insert<TDefinition>,
    options: { readonly on: TField | readonly TField[] },
  ): Row<TDefinition>;
  /** The row, or `null`. */
  findById(id: string): Row<TDefinition> | null;
  /**
   * Changes some fields of a row and sets its `updatedAt`. A field that is `undefined` stays, `null` clears it.
   * With nothing to change nothing is written, and nobody is told.
   *
   * @throws TRPCError NOT_FOUND when there is no such row; CONFLICT when it is not at `ifVersion` any more;
   * otherwise as `create`
   */
  update(id: string, values: Update<TDefinition>, options?: UpdateOptions): Row<TDefinition>;
  /** Changes all rows that fulfil a condition, or none; says how many. @throws TRPCError as `update` */
  updateWhere(which: ConditionFn<TDefinition>, values: Update<TDefinition>): number;
  /** Removes a row; says whether it was there. */
  delete(id: string): boolean;
  /** Removes all rows that fulfil a condition; says how many. */
  deleteWhere(which: ConditionFn<TDefinition>): number;
  /**
   * The table's changes as they are committed, for a `.subscription`. Resumes by itself where the subscriber left
   * off, with what came of each row meanwhile, or with one `reset` when that cannot be told any more.
   */
  changes(options?: {
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<TrackedEnvelope<Change<Row<TDefinition>>>>;
}

/** The tables of an owner, by name. */
export type Tables<TDefinitions extends TableDefinitions> = {
  readonly [TName in keyof TDefinitions]: Table<TDefinitions[TName]>;
};
