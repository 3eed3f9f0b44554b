import type { Operator } from "../../../router/schema/operators.js";
import type { ConditionNode } from "./condition-tree.js";
import type { SqlValue } from "../codec/sql-value.js";

/** The longest list that is stored. A query with a longer list also runs again for rows that do not match it. */
const MAX_LIST_LENGTH = 100;

/** A comparison that can be evaluated without SQLite. Stored with live queries, so its fields never change. */
export interface SimpleCondition {
  readonly column: string;
  readonly operator: Operator;
  readonly values: readonly SimpleValue[];
}

type SimpleValue = string | number | null;

/** Returns the simple comparisons that every matching row fulfills. Other parts of the condition are omitted. */
export function simpleConditions(where: readonly ConditionNode[]): SimpleCondition[] {
  return where.flatMap((node): SimpleCondition[] => {
    if ("group" in node) return node.group === "and" ? simpleConditions(node.members) : [];
    const { column, operator, values } = node;
    // The reads of a subscription are stored with it, and a long list would take much of their space.
    if (operator === "contains" || values.length > MAX_LIST_LENGTH || !values.every(isSimple)) return [];
    return [{ column: column.name, operator, values }];
  });
}

/**
 * Whether SQLite would certainly reject a row. If it is uncertain, the row may match.
 *
 * @param valueOf returns the stored value of a column; `undefined` if it is not known
 */
export function cannotMatch(
  where: readonly SimpleCondition[],
  valueOf: (column: string) => SqlValue | undefined,
): boolean {
  return where.some((condition) => isFalse(condition, valueOf(condition.column)));
}

function isFalse({ operator, values }: SimpleCondition, value: SqlValue | undefined): boolean {
  if (value === undefined || !isSimple(value)) return false;
  const [operand = null] = values;
  switch (operator) {
    case "==":
      return isDifferent(value, operand);
    case "!=":
      return value === operand;
    case "in":
      return values.every((each) => isDifferent(value, each));
    case "notIn":
      return values.includes(value);
    case "<":
      return isOutside(value, operand, (one, other) => one >= other);
    case "<=":
      return isOutside(value, operand, (one, other) => one > other);
    case ">":
      return isOutside(value, operand, (one, other) => one <= other);
    case ">=":
      return isOutside(value, operand, (one, other) => one < other);
    case "isNull":
      return (value === null) !== (operand === 1);
    case "startsWith":
      return value === null || (typeof value === "string" && !value.startsWith(String(operand)));
    case "contains":
      return false;
  }
}

/** Whether two values are certainly not equal. Values of different types may be equal in SQLite. */
function isDifferent(value: SimpleValue, operand: SimpleValue): boolean {
  if (value === null || operand === null) return value !== operand;
  return typeof value === typeof operand && value !== operand;
}

/** Compares numbers only: SQLite orders text by its UTF-8 bytes, and JavaScript by its UTF-16 units. */
function isOutside(
  value: SimpleValue,
  operand: SimpleValue,
  compare: (value: number, operand: number) => boolean,
): boolean {
  if (value === null) return true;
  return typeof value === "number" && typeof operand === "number" && compare(value, operand);
}

function isSimple(value: SqlValue): value is SimpleValue {
  return value === null || typeof value === "string" || typeof value === "number";
}
