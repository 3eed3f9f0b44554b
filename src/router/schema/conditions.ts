import type { Operands } from "./operators.js";
import type { Row } from "./row.js";
import type { TableDefinition } from "./table.js";

declare const CONDITION: unique symbol;

/** A condition on the rows of a table, created by a {@link ConditionBuilder}. */
export interface Condition<TDefinition extends TableDefinition> {
  readonly [CONDITION]: TDefinition;
}

/**
 * Creates conditions: `is("done", "==", true)` compares one field, and `is.and`, `is.or` and `is.not` group conditions.
 * There is no third state as in SQL: `is.not(…)` matches exactly the rows that the inner condition does not match,
 * including rows without a value. Groups can be nested 8 levels deep.
 */
export interface ConditionBuilder<TDefinition extends TableDefinition> {
  /**
   * Compares a field.
   *
   * @throws TRPCError BAD_REQUEST (FIELD_UNKNOWN, OPERATOR_INVALID, VALUE_INVALID)
   */
  <TField extends keyof Row<TDefinition> & string, TOperator extends keyof Operands<Row<TDefinition>[TField]>>(
    field: TField,
    operator: TOperator,
    value: Operands<Row<TDefinition>[TField]>[TOperator],
  ): Condition<TDefinition>;
  /** Matches if all conditions match. Without conditions, it matches every row. */
  and(...conditions: readonly Condition<TDefinition>[]): Condition<TDefinition>;
  /** Matches if any condition matches. Without conditions, it matches no row. */
  or(...conditions: readonly Condition<TDefinition>[]): Condition<TDefinition>;
  /** Matches if the condition does not match. */
  not(condition: Condition<TDefinition>): Condition<TDefinition>;
}

/** Creates a condition: `(is) => is.or(is("done", "==", true), is("stars", ">", 3))`. */
export type ConditionFn<TDefinition extends TableDefinition> = (
  is: ConditionBuilder<TDefinition>,
) => Condition<TDefinition>;
