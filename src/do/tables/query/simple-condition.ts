import type { Operator } from "../../../router/schema/operators.js";
import type { ConditionNode } from "./condition-tree.js";
import type { SqlValue } from "../codec/sql-value.js";

/** The longest list that is remembered. A query with a longer one also runs again for rows that are not in it. */
const MAX_LISTED = 100;

/** A comparison that can be answered without SQLite. */
export interface SimpleCondition {
  readonly column: string;
  readonly operator: Operator;
  readonly values: readonly (string | number | null)[];
}

/** Those of a condition's parts that are simple, and must all hold. The others are left out: they say nothing. */
export function simpleConditions(where: readonly ConditionNode[]): SimpleCondition[] {
  return where.flatMap((node): SimpleCondition[] => {
    if ("group" in node) return node.group === "and" ? simpleConditions(node.members) : [];
    const { column, operator, values } = node;
    // The reads of a subscription are stored with it, and a long list would be a large part of them.
    if (operator === "contains" || values.length > MAX_LISTED || !values.every(isPlain)) return [];
    return [{ column: column.name, operator, values }];
  });
}

/**
 * Whether a row certainly does not fit, as SQLite would say. `valueOf` answers what it holds, as stored, and
 * `undefined` where that is not known; whatever is not certain may fit.
 */
export function cannotMatch(
  where: readonly SimpleCondition[],
  valueOf: (column: string) => SqlValue | undefined,
): boolean {
  return where.some((condition) => isFalse(condition, valueOf(condition.column)));
}

function isFalse({ operator, values }: SimpleCondition, value: SqlValue | undefined): boolean {
  if (value === undefined || !isPlain(value)) return false;
  const [operand = null] = values;
  switch (operator) {
    case "==":
      return isOther(value, operand);
    case "!=":
      return value === operand;
    case "in":
      return values.every((each) => isOther(value, each));
    case "notIn":
      return values.includes(value);
    case "<":
      return isUnordered(value, operand, (one, other) => one >= other);
    case "<=":
      return isUnordered(value, operand, (one, other) => one > other);
    case ">":
      return isUnordered(value, operand, (one, other) => one <= other);
    case ">=":
      return isUnordered(value, operand, (one, other) => one < other);
    case "isNull":
      return (value === null) !== (operand === 1);
    case "startsWith":
      return value === null || (typeof value === "string" && !value.startsWith(String(operand)));
    case "contains":
      return false;
  }
}

type Plain = string | number | null;

/** Certainly not equal. Of two types nothing is certain. */
function isOther(value: Plain, operand: Plain): boolean {
  if (value === null || operand === null) return value !== operand;
  return typeof value === typeof operand && value !== operand;
}

/** Only for numbers: SQLite orders texts by their bytes, and JavaScript does not. */
function isUnordered(value: Plain, operand: Plain, isBeyond: (one: number, other: number) => boolean): boolean {
  if (value === null) return true;
  return typeof value === "number" && typeof operand === "number" && isBeyond(value, operand);
}

function isPlain(value: SqlValue): value is Plain {
  return value === null || typeof value === "string" || typeof value === "number";
}
