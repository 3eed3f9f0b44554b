import { type RawBuilder, sql } from "kysely";
import type { Column } from "../../../router/schema/column.js";
import type { Comparison } from "./condition.js";
import type { ConditionNode } from "./condition-tree.js";
import { inListSql } from "./list-sql.js";
import { prefixRange } from "./prefix-range.js";
import type { SqlValue } from "../codec/sql-value.js";

type Expression = RawBuilder<boolean>;

/** A condition on the rows of a table as SQL. Of a row it is true, or it is not: see `ConditionBuilder`. */
export function conditionSql(table: string, node: ConditionNode): Expression {
  if (!("group" in node)) return comparisonSql(table, node);
  const members = node.members.map((member) => conditionSql(table, member));
  if (node.group === "not") return sql`(${joined("and", members)}) is not true`;
  return joined(node.group, members);
}

/** In halves, since SQLite refuses an expression that is nested 100 deep, which a plain chain would be. */
function joined(word: "and" | "or", conditions: readonly Expression[]): Expression {
  const [first] = conditions;
  if (!first) return word === "and" ? sql`1` : sql`0`;
  if (conditions.length === 1) return first;
  const middle = conditions.length >> 1;
  const [left, right] = [joined(word, conditions.slice(0, middle)), joined(word, conditions.slice(middle))];
  return sql`(${left} ${sql.raw(word)} ${right})`;
}

/** A comparison as SQL. Holds for rows without a value exactly when it says so: see `TableQuery.where`. */
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
      const found = among(column, values);
      return operator === "in" ? found : sql`(${found}) is not true`;
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

function among({ name, type }: Column, values: readonly SqlValue[]): Expression {
  const present = values.filter((value) => value !== null);
  const inside = inListSql(sql.id(name), type, present);
  return present.length === values.length ? inside : sql`(${sql.id(name)} is null or ${inside})`;
}

/**
 * Whether an array has an element, given as JSON text. Both are read by SQLite's own JSON, which reads some
 * fractions a little off, but both alike; the texts then say whether it is the very same one.
 *
 * @param name the column with its table: json_each has columns of its own, such as `value` and `key`. Its alias begins with
 * an underscore, which the name of a table cannot
 */
function hasElement(name: RawBuilder<unknown>, json: string): Expression {
  return sql`exists (select 1 from json_each(${name}) as _element where _element.type = json_type(${json})
    and _element.value is json_extract(${json}, '$') and ${name} -> _element.fullkey = ${json})`;
}

/** As a range, which an index can serve and in which no character is special. */
function startsWith(name: RawBuilder<unknown>, prefix: string): Expression {
  const { from, to } = prefixRange(prefix);
  return to === undefined ? sql`${name} >= ${from}` : sql`(${name} >= ${from} and ${name} < ${to})`;
}
