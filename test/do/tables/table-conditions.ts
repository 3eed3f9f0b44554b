import fc from "fast-check";
import { compare, type Field, kinds, same, type Values } from "./table-model.js";

/** A condition, as plain data: a comparison, or a group. */
export type Condition =
  | { readonly field: string; readonly operator: string; readonly value: unknown }
  | { readonly group: "and" | "or" | "not"; readonly members: readonly Condition[] };

const ordered = new Set<Field["kind"]>(["text", "real", "integer", "flag", "date", "choice", "bigint", "bytes"]);

export const canSort = ({ kind }: Field): boolean => ordered.has(kind);

/** Any condition that a table's fields allow. */
export function condition(fields: readonly Field[]): fc.Arbitrary<Condition> {
  return fc.letrec<{ any: Condition; leaf: Condition; group: Condition }>((tie) => ({
    any: fc.oneof({ maxDepth: 2, depthSize: "small" }, tie("leaf"), tie("group")),
    leaf: fc.oneof(...fields.map(comparison)),
    group: fc.oneof(
      fc.record({ group: fc.constantFrom("and", "or"), members: fc.array(tie("any"), { maxLength: 3 }) }),
      fc.record({ group: fc.constant("not" as const), members: tie("any").map((member) => [member]) }),
    ),
  })).any;
}

function comparison(field: Field): fc.Arbitrary<Condition> {
  const { name, kind, may } = field;
  const value: fc.Arbitrary<unknown> = kinds[kind].value;
  const orNull =
    may === "always" || may === "default" ? value : fc.oneof({ weight: 4, arbitrary: value }, fc.constant(null));
  const as = (operators: readonly string[], operand: fc.Arbitrary<unknown>) =>
    fc.record({ field: fc.constant(name), operator: fc.constantFrom(...operators), value: operand });
  return fc.oneof(
    as(["==", "!="], orNull),
    as(["in", "notIn"], fc.array(orNull, { maxLength: 4 })),
    as(["isNull"], fc.boolean()),
    ...(canSort(field) ? [as(["<", "<=", ">", ">="], value)] : []),
    ...(kind === "text" || kind === "choice" ? [as(["contains", "startsWith"], kinds.text.value)] : []),
    ...(kind === "list"
      ? [as(["contains"], fc.oneof(fc.constantFrom("a", "1"), fc.integer({ min: -2, max: 2 })))]
      : []),
  );
}

/** Whether a row satisfies a condition, as documented. */
export function satisfies(condition: Condition, row: Values): boolean {
  if ("group" in condition) {
    const results = condition.members.map((member) => satisfies(member, row));
    if (condition.group === "and") return results.every(Boolean);
    return condition.group === "or" ? results.some(Boolean) : !results[0];
  }
  const { operator, value } = condition;
  const own = row[condition.field] ?? null;
  switch (operator) {
    case "==":
      return same(own, value);
    case "!=":
      return !same(own, value);
    case "in":
      return (value as unknown[]).some((one) => same(own, one));
    case "notIn":
      return !(value as unknown[]).some((one) => same(own, one));
    case "isNull":
      return (own === null) === value;
  }
  if (own === null) return false;
  switch (operator) {
    case "<":
      return compare(own, value) < 0;
    case "<=":
      return compare(own, value) <= 0;
    case ">":
      return compare(own, value) > 0;
    case ">=":
      return compare(own, value) >= 0;
    case "contains":
      return Array.isArray(own) ? own.some((one) => same(one, value)) : String(own).includes(String(value));
    case "startsWith":
      return String(own).startsWith(String(value));
  }
  throw new Error(`No such operator: ${operator}`);
}
