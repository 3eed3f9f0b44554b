import type { TrackedEnvelope } from "@trpc/server";
import type { Change } from "../../shared/change.js";
import type { Operands } from "./operators.js";
import type { Insert, Row, Update } from "./row.js";
import type { TableDefinition, TableDefinitions } from "./table.js";

/**
 * Rows of one table: which, in which order, how many. Immutable: each step gives a new query, so one can be kept
 * and built upon. All of it is synchronous.
 */
export interface TableQuery<TDefinition extends TableDefinition> {
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
  ): TableQuery<TDefinition>;
  /**
   * Sorts; a second one sorts what the first left equal, and the id what all of them did. Rows without a value come
   * first in ascending order. Without any, the order is not promised.
   *
   * @throws TRPCError BAD_REQUEST for an unknown field or direction
   */
  orderBy(field: keyof Row<TDefinition> & string, direction?: "asc" | "desc"): TableQuery<TDefinition>;
  /** At most so many rows; 0 for none. @throws TRPCError BAD_REQUEST unless it is a whole number, 0 or more */
  limit(count: number): TableQuery<TDefinition>;
  /** Leaves out the first so many rows. @throws TRPCError BAD_REQUEST unless it is a whole number, 0 or more */
  offset(count: number): TableQuery<TDefinition>;
  /** The rows. Not capped. */
  all(): Row<TDefinition>[];
  /** The first row, or `null`. */
  first(): Row<TDefinition> | null;
  /** How many rows there are. */
  count(): number;
  /** Whether there is any. */
  exists(): boolean;
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
  /** The row, or `null`. */
  findById(id: string): Row<TDefinition> | null;
  /**
   * Changes some fields of a row and sets its `updatedAt`. A field that is `undefined` stays, `null` clears it.
   * With nothing to change nothing is written, and nobody is told.
   *
   * @throws TRPCError NOT_FOUND when there is no such row; otherwise as `create`
   */
  update(id: string, values: Update<TDefinition>): Row<TDefinition>;
  /** Removes a row; says whether it was there. */
  delete(id: string): boolean;
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
