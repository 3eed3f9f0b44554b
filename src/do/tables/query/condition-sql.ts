import { type RawBuilder, sql } from "kysely";
import type { Column } from "../../../router/schema/column.js";
import type { Comparison } from "./condition.js";
import type { ConditionNode } from "./condition-tree.js";
import { inListSql } from "./list-sql.js";
import { prefixRange } from "./prefix-range.js";
import type { SqlValue } from "../codec/sql-value.js";

type Expression = RawBuilder<boolean>;

/** Returns a condition as SQL. Negation treats NULL as false, as `ConditionBuilder` describes. */
export function conditionSql(table: string, node: ConditionNode): Expression {
  if (!("group" in node)) return comparisonSql(table, node);
  const members = node.members.map((member) => conditionSql(table, member));
  if (node.group === "not") return sql`(${joinConditions("and", members)}) is not true`;
  return joinConditions(node.group, members);
}

/** Splits the conditions into halves: a chain would be nested too deeply, because SQLite refuses 100 levels. */
function joinConditions(word: "and" | "or", conditions: readonly Expression[]): Expression {
  const [first] = conditions;
  if (!first) return word === "and" ? sql`1` : sql`0`;
  if (conditions.length === 1) return first;
  const middle = conditions.length >> 1;
  const [left, right] = [
    joinConditions(word, conditions.slice(0, middle)),
    joinConditions(word, conditions.slice(middle)),
  ];
  return sql`(${left} ${sql.raw(word)} ${right})`;
}

/** Returns a comparison as SQL. `TableQuery.where` describes which operators match rows without a value. */
function comparisonSql(table: string, { column, operator, values }: Comparison): Expression {
  const name = sql.id(column.name);
  const [value = null] = values;
  switch (operator) {
    case "==":
      return value === null ? sql`${name} is null` : sql`${name} = ${value}`;
    case "!=":
      if (value === null) return sql`${name} is not null`;
      return column.whenNull === "never" ? sql`${name} <> ${value}` : sql`${name} is not ${value}`;
    case "<":
      return sql`${name} < ${value}`;
    case "<=":
      return sql`${name} <= ${value}`;
    case ">":
      return sql`${name} > ${value}`;
    case ">=":
      return sql`${name} >= ${value}`;
    case "in":
    case "notIn": {
      const isListed = isOneOf(column, values);
      return operator === "in" ? isListed : sql`(${isListed}) is not true`;
    }
    case "contains":
      return column.type === "json"
        ? hasElement(sql.id(table, column.name), String(value))
        : sql`instr(${name}, ${value}) > 0`;
    case "startsWith":
      return startsWith(name, String(value));
    case "isNull":
      return value === 1 ? sql`${name} is null` : sql`${name} is not null`;
  }
}

function isOneOf({ name, type }: Column, values: readonly SqlValue[]): Expression {
  const present = values.filter((value) => value !== null);
  const inside = inListSql(sql.id(name), type, present);
  return present.length === values.length ? inside : sql`(${sql.id(name)} is null or ${inside})`;
}

/**
 * Whether an array contains an element, given as JSON text. SQLite parses both, and parses some fractions inexactly but
 * consistently, so the texts are compared as well.
 *
 * @param name the qualified column: json_each has columns of its own, such as `value` and `key`. The alias of json_each
 * begins with an underscore, which the name of a table cannot
 */
function hasElement(name: RawBuilder<unknown>, json: string): Expression {
  return sql`exists (select 1 from json_each(${name}) as _element where _element.type = json_type(${json})
    and _element.value is json_extract(${json}, '$') and ${name} -> _element.fullkey = ${json})`;
}

/** A range instead of LIKE, because it can use an index and has no wildcards. */
function startsWith(name: RawBuilder<unknown>, prefix: string): Expression {
  const { from, to } = prefixRange(prefix);
  return to === undefined ? sql`${name} >= ${from}` : sql`(${name} >= ${from} and ${name} < ${to})`;
}
