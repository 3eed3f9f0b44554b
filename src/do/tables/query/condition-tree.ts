import type { PreparedTable } from "../prepared-table.js";
import { badRequest } from "../table-errors.js";
import { type Comparison, toComparison } from "./condition.js";

/** A checked condition: one comparison, or a group of conditions. */
export type ConditionNode =
  | Comparison
  | { readonly group: "and" | "or"; readonly members: readonly ConditionNode[] }
  | { readonly group: "not"; readonly members: readonly [ConditionNode] };

/** SQLite refuses expressions nested 100 levels deep, and each group takes a few levels. */
const MAX_DEPTH = 8;

const NODE = Symbol("trpc-userdo.condition");

/**
 * The object that represents a condition in the app. Only this module has the symbol, so no input of a client is one.
 */
interface ConditionHandle {
  readonly [NODE]: { readonly table: PreparedTable; readonly node: ConditionNode; readonly depth: number };
}

/**
 * Runs the app's function that creates a condition.
 *
 * @throws ReasonedError BAD_REQUEST: QUERY_INVALID if it is not a function or does not return a condition of this
 * table, QUERY_TOO_COMPLEX for more than 8 nested groups; otherwise as `toComparison`
 */
export function toCondition(table: PreparedTable, createCondition: unknown): ConditionNode {
  if (typeof createCondition !== "function") {
    throw badRequest(
      "QUERY_INVALID",
      `The condition for the table "${table.name}" is not a function. Pass one, such as (is) => is("id", "==", id).`,
    );
  }
  const condition: unknown = createCondition(createConditionBuilder(table));
  return readHandle(table, condition)[NODE].node;
}

function createConditionBuilder(table: PreparedTable): object {
  const createHandle = (node: ConditionNode, depth: number): ConditionHandle => {
    if (depth > MAX_DEPTH) {
      throw badRequest(
        "QUERY_TOO_COMPLEX",
        `The condition has more than ${MAX_DEPTH} nested groups. Nest fewer groups.`,
      );
    }
    return { [NODE]: { table, node, depth } };
  };
  const combine = (group: "and" | "or", conditions: readonly unknown[]): ConditionHandle => {
    const members = conditions.map((condition) => readHandle(table, condition)[NODE]);
    const depth = Math.max(0, ...members.map((member) => member.depth)) + 1;
    return createHandle({ group, members: members.map(({ node }) => node) }, depth);
  };
  return Object.assign(
    (field: unknown, operator: unknown, value: unknown) =>
      createHandle(toComparison(table.name, table.column(field), operator, value), 0),
    {
      and: (...conditions: readonly unknown[]) => combine("and", conditions),
      or: (...conditions: readonly unknown[]) => combine("or", conditions),
      not(condition: unknown) {
        const { node, depth } = readHandle(table, condition)[NODE];
        return createHandle({ group: "not", members: [node] }, depth + 1);
      },
    },
  );
}

function readHandle(table: PreparedTable, condition: unknown): ConditionHandle {
  const isHandle = typeof condition === "object" && condition !== null && NODE in condition;
  if (!isHandle || (condition as ConditionHandle)[NODE].table !== table) {
    throw badRequest(
      "QUERY_INVALID",
      `A part of the condition for the table "${table.name}" is not a condition of this table. Create each part with the ` +
        "parameter of the function: (is) => is(field, operator, value).",
    );
  }
  return condition as ConditionHandle;
}
