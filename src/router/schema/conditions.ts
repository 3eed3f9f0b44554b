import type { Operands } from "./operators.js";
import type { Row } from "./row.js";
import type { TableDefinition } from "./table.js";

declare const CONDITION: unique symbol;

/** What rows of a table have to fulfil, as a {@link ConditionBuilder} made it. */
export interface Condition<TDefinition extends TableDefinition> {
  readonly [CONDITION]: TDefinition;
}

/**
 * Makes conditions: `is("done", "==", true)` for one field, and `is.and`, `is.or`, `is.not` for groups of them.
 * Every condition holds for a row or does not: `is.not(…)` finds exactly the rows that the inner one does not, rows
 * without a value included. Groups may be nested 8 deep.
 */
export interface ConditionBuilder<TDefinition extends TableDefinition> {
  /** @throws TRPCError BAD_REQUEST for an unknown field or operator, or a value that the field cannot hold */
  <TField extends keyof Row<TDefinition> & string, TOperator extends keyof Operands<Row<TDefinition>[TField]>>(
    field: TField,
    operator: TOperator,
    value: Operands<Row<TDefinition>[TField]>[TOperator],
  ): Condition<TDefinition>;
  /** All of them; of none, every row. */
  and(...conditions: readonly Condition<TDefinition>[]): Condition<TDefinition>;
  /** Any of them; of none, no row. */
  or(...conditions: readonly Condition<TDefinition>[]): Condition<TDefinition>;
  not(condition: Condition<TDefinition>): Condition<TDefinition>;
}

/** Says which rows: `(is) => is.or(is("done", "==", true), is("stars", ">", 3))`. */
export type ConditionFn<TDefinition extends TableDefinition> = (
  is: ConditionBuilder<TDefinition>,
) => Condition<TDefinition>;
