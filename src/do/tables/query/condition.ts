import type { Column } from "../../../router/schema/column.js";
import { operators, type Operator } from "../../../router/schema/operators.js";
import { badRequest, fieldError } from "../bad-request.js";
import { codecs } from "../codec/column-codec.js";
import type { SqlValue } from "../codec/sql-value.js";

/** One comparison, checked and encoded. `values` holds a list's members, or the one value. */
export interface Comparison {
  readonly column: Column;
  readonly operator: Operator;
  readonly values: readonly SqlValue[];
}

const known: ReadonlySet<unknown> = new Set(operators);
const lists: ReadonlySet<Operator> = new Set(["in", "notIn"]);
const nullable: ReadonlySet<Operator> = new Set(["==", "!=", "in", "notIn"]);
const ordering: ReadonlySet<Operator> = new Set(["<", "<=", ">", ">="]);

/**
 * Checks a comparison that may come from anywhere. Nothing of it reaches the text of a statement: the column is the
 * definition's own, the operator one of a list, and each value is encoded for binding.
 *
 * @throws TRPCError BAD_REQUEST
 */
export function toComparison(table: string, column: Column, operator: unknown, value: unknown): Comparison {
  const path = `${table}.${column.name}`;
  if (!known.has(operator))
    throw badRequest(
      `There is no operator ${JSON.stringify(operator)?.slice(0, 40)} (${path}). There are: ${operators.join(", ")}.`,
    );
  const op = operator as Operator;
  if (!suits(column, op)) throw badRequest(`The operator "${op}" does not suit the field ${path}.`);
  if (op === "isNull") {
    if (typeof value !== "boolean") throw badRequest(`"isNull" takes true or false (${path}).`);
    return { column, operator: op, values: [value ? 1 : 0] };
  }
  if (lists.has(op) && !Array.isArray(value)) throw badRequest(`"${op}" takes an array (${path}).`);
  const operands: readonly unknown[] = lists.has(op) ? Array.from(value as unknown[]) : [value];
  return { column, operator: op, values: operands.map((operand) => encodeOperand(table, column, op, operand)) };
}

function suits({ type, list }: Column, operator: Operator): boolean {
  if (operator === "contains") return type === "text" || list === true;
  if (operator === "startsWith") return type === "text";
  return type !== "json" || !ordering.has(operator);
}

function encodeOperand(table: string, column: Column, operator: Operator, value: unknown): SqlValue {
  if (value === undefined) throw badRequest(`${table}.${column.name} cannot be compared with undefined; use null.`);
  try {
    // An array's element is compared as the JSON text that it has inside the array.
    if (operator === "contains" && column.type === "json") return codecs.json.encode(value);
    if (value !== null) return codecs[column.type].encode(value);
  } catch (error) {
    throw fieldError(table, column.name, error);
  }
  if (!nullable.has(operator)) throw badRequest(`"${operator}" does not take null (${table}.${column.name}).`);
  return null;
}
