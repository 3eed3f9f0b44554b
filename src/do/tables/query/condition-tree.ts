import { badRequest } from "../bad-request.js";
import { type Comparison, toComparison } from "./condition.js";
import type { PreparedTable } from "../prepared-table.js";

/** A checked condition: one comparison, or a group of conditions. */
export type ConditionNode =
  | Comparison
  | { readonly group: "and" | "or"; readonly members: readonly ConditionNode[] }
  | { readonly group: "not"; readonly members: readonly [ConditionNode] };

/** SQLite refuses an expression that is nested 100 deep; each group takes a few levels. */
const MAX_DEPTH = 8;

const NODE = Symbol("trpc-userdo.condition");

/** What the app holds of a condition. The symbol is this module's own: none can be made of a caller's values. */
interface Held {
  readonly [NODE]: { readonly table: PreparedTable; readonly node: ConditionNode; readonly depth: number };
}

/**
 * Runs what an app wrote to say which rows it means.
 *
 * @throws TRPCError BAD_REQUEST for a condition that is wrong, nested too deep, or of another table
 */
export function toCondition(table: PreparedTable, which: unknown): ConditionNode {
  if (typeof which !== "function") throw badRequest(`Rows of "${table.name}" are chosen by a field, or a function.`);
  const chosen: unknown = which(createBuilder(table));
  return read(table, chosen)[NODE].node;
}

function createBuilder(table: PreparedTable): object {
  const hold = (node: ConditionNode, depth: number): Held => {
    if (depth > MAX_DEPTH) throw badRequest(`Conditions may be nested ${MAX_DEPTH} deep.`);
    return { [NODE]: { table, node, depth } };
  };
  const combine = (group: "and" | "or", conditions: readonly unknown[]): Held => {
    const members = conditions.map((condition) => read(table, condition)[NODE]);
    const depth = Math.max(0, ...members.map((member) => member.depth)) + 1;
    return hold({ group, members: members.map(({ node }) => node) }, depth);
  };
  return Object.assign(
    (field: unknown, operator: unknown, value: unknown) =>
      hold(toComparison(table.name, table.column(field), operator, value), 0),
    {
      and: (...conditions: readonly unknown[]) => combine("and", conditions),
      or: (...conditions: readonly unknown[]) => combine("or", conditions),
      not(condition: unknown) {
        const { node, depth } = read(table, condition)[NODE];
        return hold({ group: "not", members: [node] }, depth + 1);
      },
    },
  );
}

function read(table: PreparedTable, condition: unknown): Held {
  const isHeld = typeof condition === "object" && condition !== null && NODE in condition;
  if (!isHeld || (condition as Held)[NODE].table !== table) {
    throw badRequest(`A condition on "${table.name}" is made with the function that it is given to.`);
  }
  return condition as Held;
}
