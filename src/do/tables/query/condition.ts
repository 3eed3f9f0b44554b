import type { Column } from "../../../router/schema/column.js";
import { operators, type Operator } from "../../../router/schema/operators.js";
import { codecs } from "../codec/column-codec.js";
import type { SqlValue } from "../codec/sql-value.js";
import { badRequest, toFieldError } from "../table-errors.js";

/** A comparison of one field, checked and encoded. `values` has the elements of a list, or the single value. */
export interface Comparison {
  readonly column: Column;
  readonly operator: Operator;
  readonly values: readonly SqlValue[];
}

const lists: ReadonlySet<Operator> = new Set(["in", "notIn"]);
const nullable: ReadonlySet<Operator> = new Set(["==", "!=", "in", "notIn"]);
const ordering: ReadonlySet<Operator> = new Set(["<", "<=", ">", ">="]);

/**
 * Checks a comparison whose arguments can come from a client. None of them becomes part of a statement's text: the
 * column is one of the definition, the operator one of a list, and values are encoded and bound.
 *
 * @throws ReasonedError BAD_REQUEST: OPERATOR_INVALID if the field does not support the operator, VALUE_INVALID if the
 * field cannot have the value; PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
 */
export function toComparison(table: string, column: Column, operator: unknown, value: unknown): Comparison {
  const path = `${table}.${column.name}`;
  const known = operators.find((each) => each === operator);
  if (known === undefined || !supports(column, known)) {
    const name = JSON.stringify(operator)?.slice(0, 40);
    const supported = operators.filter((each) => supports(column, each));
    throw badRequest(
      "OPERATOR_INVALID",
      `The field ${path} does not support the operator ${name}. Use one of: ${supported.join(", ")}.`,
    );
  }
  if (known === "isNull") {
    if (typeof value !== "boolean")
      throw invalidValue(`The operator "isNull" (${path}) needs a boolean. Pass true or false.`);
    return { column, operator: known, values: [value ? 1 : 0] };
  }
  if (lists.has(known) && !Array.isArray(value)) {
    throw invalidValue(`The operator "${known}" (${path}) needs an array. Pass a list of values.`);
  }
  const operands: readonly unknown[] = lists.has(known) ? Array.from(value as unknown[]) : [value];
  return { column, operator: known, values: operands.map((operand) => encodeOperand(table, column, known, operand)) };
}

function supports({ type, list }: Column, operator: Operator): boolean {
  if (operator === "contains") return type === "text" || list === true;
  if (operator === "startsWith") return type === "text";
  return type !== "json" || !ordering.has(operator);
}

function encodeOperand(table: string, column: Column, operator: Operator, value: unknown): SqlValue {
  const path = `${table}.${column.name}`;
  if (value === undefined) {
    throw invalidValue(`${path} cannot be compared with undefined. Pass null for rows without a value.`);
  }
  try {
    // An element of an array is compared as the JSON text that it has inside the array.
    if (operator === "contains" && column.type === "json") return codecs.json.encode(value);
    if (value !== null) return codecs[column.type].encode(value);
  } catch (error) {
    throw toFieldError(table, column.name, error);
  }
  if (nullable.has(operator)) return null;
  throw invalidValue(`The operator "${operator}" (${path}) does not accept null. Use "==" or "isNull".`);
}

function invalidValue(message: string): Error {
  return badRequest("VALUE_INVALID", message);
}
