import type { TrackedEnvelope } from "@trpc/server";
import type { Change } from "../../shared/change.js";
import type { Page } from "../../shared/page.js";
import type { ConditionFn } from "./conditions.js";
import type { Operands } from "./operators.js";
import type { Insert, Row, ShapeOf, Update } from "./row.js";
import type { TableDefinition, TableDefinitions } from "./table.js";

export interface PageOptions {
  /**
   * The `nextCursor` of the previous page.
   * @default the first page
   */
  readonly cursor?: string | null | undefined;
  /**
   * The maximum number of rows, from 1 to 1,000.
   * @default 50
   */
  readonly limit?: number | undefined;
}

/** A query of one table. Immutable, so it can be stored and extended: each method returns a new query. Synchronous. */
export interface TableQuery<TDefinition extends TableDefinition, TRow = Row<TDefinition>> {
  /**
   * Selects the rows whose field compares to a value. Several calls are combined with AND.
   *
   * `== null` selects rows without a value. `!=` and `notIn` select these rows as well, because a missing value differs
   * from every value. Text is compared by its UTF-8 bytes, so capitals come first and `ä` comes after `z`. `contains`
   * and `startsWith` are case-sensitive and have no wildcards. `contains` also searches the elements of an array.
   *
   * Queries that compare with more than 100 values throw when they are read. The list of `in` or `notIn` counts as one
   * value.
   *
   * @throws TRPCError BAD_REQUEST (FIELD_UNKNOWN, OPERATOR_INVALID, VALUE_INVALID, QUERY_TOO_COMPLEX),
   * PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
   * @example
   * ```ts
   * ctx.tables.posts.where("done", "==", false).where("stars", ">=", 3).orderBy("createdAt", "desc").all();
   * ```
   */
  where<TField extends keyof Row<TDefinition> & string, TOperator extends keyof Operands<Row<TDefinition>[TField]>>(
    field: TField,
    operator: TOperator,
    value: Operands<Row<TDefinition>[TField]>[TOperator],
  ): TableQuery<TDefinition, TRow>;
  /**
   * Selects the rows that match a condition, which can group other conditions.
   *
   * @throws TRPCError as the other overload; BAD_REQUEST (QUERY_TOO_COMPLEX) for more than 8 nested groups
   * @example
   * ```ts
   * ctx.tables.posts.where((is) => is.or(is("done", "==", true), is("stars", ">", 3))).all();
   * ```
   */
  where(condition: ConditionFn<TDefinition>): TableQuery<TDefinition, TRow>;
  /**
   * Reads only these fields.
   *
   * @throws TRPCError BAD_REQUEST (FIELD_UNKNOWN; QUERY_INVALID without a field)
   * @example
   * ```ts
   * ctx.tables.posts.select("id", "title").all();
   * ```
   */
  select<TField extends keyof Row<TDefinition> & string>(
    ...fields: readonly [TField, ...TField[]]
  ): TableQuery<TDefinition, Pick<Row<TDefinition>, TField>>;
  /**
   * Sorts the rows. Further calls sort the rows that are equal so far, and the id sorts the rest. Rows without a value
   * come first in ascending order. Without `orderBy`, the order is undefined.
   *
   * @param direction defaults to "asc"
   * @throws TRPCError BAD_REQUEST (FIELD_UNKNOWN; QUERY_INVALID for an unknown direction)
   */
  orderBy(field: keyof Row<TDefinition> & string, direction?: "asc" | "desc"): TableQuery<TDefinition, TRow>;
  /**
   * Returns at most this many rows.
   *
   * @throws TRPCError BAD_REQUEST (INPUT_INVALID) unless it is an integer of 0 or more
   */
  limit(count: number): TableQuery<TDefinition, TRow>;
  /** Skips this many rows. @throws TRPCError BAD_REQUEST (INPUT_INVALID) unless it is an integer of 0 or more */
  offset(count: number): TableQuery<TDefinition, TRow>;
  /** Returns all rows. Their number is not limited: use `page` or `limit` if the table can grow. */
  all(): TRow[];
  /** Returns the first row, or `null`. */
  first(): TRow | null;
  /** Returns the number of rows. */
  count(): number;
  /** Returns whether the query has any rows. */
  exists(): boolean;
  /**
   * Returns a page of the rows, sorted by id unless the query sorts them. The next page begins after the last row of this page,
   * so rows that are added or deleted in between cause no duplicates and no gaps.
   *
   * A page has fewer rows than `limit` if they take more than 4 MiB as stored, but at least one.
   *
   * The cursor works with this query only. It contains, in readable form, the (shortened) values by which the last row is sorted.
   *
   * @throws TRPCError BAD_REQUEST for an invalid limit, the cursor of another query, or a query with `limit` or `offset`
   * @example
   * ```ts
   * const { items, nextCursor } = ctx.tables.posts.orderBy("createdAt", "desc").page({ cursor: input.cursor, limit: 20 });
   * ```
   */
  page(options?: PageOptions): Page<TRow>;
}

export interface UpdateOptions {
  /**
   * The `updatedAt` that the row must have. Every update changes it, so it serves as the row's version.
   * @default updates any version
   */
  readonly ifVersion?: Date | undefined;
}

/**
 * A table of one owner. All methods except `changes` are synchronous, and each call is atomic. A value has at most
 * 1,000,000 bytes, and a row at most 1 MiB.
 *
 * All methods throw SERVICE_UNAVAILABLE (UPGRADE_FAILED) if stored rows violate a new unique index of the table.
 *
 * @see docs/tables.md
 * @example
 * ```ts
 * const post = ctx.tables.posts.create({ title: "Hello" });
 * ctx.tables.posts.update(post.id, { done: true });
 * const open = ctx.tables.posts.where("done", "==", false).orderBy("createdAt", "desc").limit(20).all();
 * ```
 */
export interface Table<TDefinition extends TableDefinition> extends TableQuery<TDefinition> {
  /**
   * Stores a new row and returns it.
   *
   * @throws TRPCError, and stores nothing: BAD_REQUEST (VALUE_INVALID) for unknown keys and values that do not match
   * the schema, with the ZodError as its cause, and for an id that is not a UUIDv7 in lower case; BAD_REQUEST
   * (DATE_IN_FUTURE) for a time of the app that is in the future; CONFLICT (UNIQUE_CONFLICT), also for the id of an
   * existing row; PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
   * @example
   * ```ts
   * const post = ctx.tables.posts.create({ title: "Hello", body: "…" });
   * ```
   */
  create(values: Insert<TDefinition>): Row<TDefinition>;
  /** Stores several rows, or none if one is rejected, for about half of the cost. @throws TRPCError as `create` */
  createMany(rows: readonly Insert<TDefinition>[]): Row<TDefinition>[];
  /**
   * Updates the row with the same values in the fields of a unique index, or stores a new one. An update keeps the
   * row's id and the fields that are left out.
   *
   * @throws TRPCError BAD_REQUEST if `on` is not declared as `unique` (QUERY_INVALID) or one of its fields has no value
   * (VALUE_INVALID); otherwise as `create`
   * @example
   * ```ts
   * ctx.tables.settings.upsert({ name: "language", value: "en" }, { on: "name" });
   * ```
   */
  upsert<TField extends keyof ShapeOf<TDefinition> & string>(
    values: Insert<TDefinition>,
    options: { readonly on: TField | readonly TField[] },
  ): Row<TDefinition>;
  /** Returns the row with an id, or `null`. */
  findById(id: string): Row<TDefinition> | null;
  /**
   * Changes some fields of a row, sets its `updatedAt`, and returns the row. `undefined` keeps a field, `null` clears
   * it. Without a field to change, nothing is written and subscribers are not notified.
   *
   * @throws TRPCError NOT_FOUND (ROW_NOT_FOUND); CONFLICT (VERSION_CONFLICT) if the row has another version than
   * `ifVersion`; otherwise as `create`
   * @example
   * ```ts
   * const post = ctx.tables.posts.update(input.id, { done: true }, { ifVersion: input.updatedAt });
   * ```
   */
  update(id: string, values: Update<TDefinition>, options?: UpdateOptions): Row<TDefinition>;
  /**
   * Updates all rows that match a condition, or none if one is rejected. Returns their number.
   *
   * @throws TRPCError as `where` and `create`
   * @example
   * ```ts
   * ctx.tables.posts.updateWhere((is) => is("done", "==", false), { done: true });
   * ```
   */
  updateWhere(condition: ConditionFn<TDefinition>, values: Update<TDefinition>): number;
  /** Deletes a row. Returns whether it existed. */
  delete(id: string): boolean;
  /** Deletes all rows that match a condition. Returns their number. @throws TRPCError as `where` */
  deleteWhere(condition: ConditionFn<TDefinition>): number;
  /**
   * Yields the table's changes as they are committed, for a `.subscription`. A client that reconnects first receives
   * the net change of each row since its last event, or one `reset` if the change log no longer goes back that far.
   *
   * @see docs/subscriptions.md
   * @example
   * ```ts
   * changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.posts.changes({ signal })),
   * ```
   */
  changes(options?: {
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<TrackedEnvelope<Change<Row<TDefinition>>>>;
}

/** The tables of an owner, by name. */
export type Tables<TDefinitions extends TableDefinitions> = {
  readonly [TName in keyof TDefinitions]: Table<TDefinitions[TName]>;
};
