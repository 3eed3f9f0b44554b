import { type RawBuilder, sql } from "kysely";
import type { Comparison } from "./condition.js";
import { prefixRange } from "./prefix-range.js";
import type { SqlValue } from "./sql-value.js";

type Expression = RawBuilder<boolean>;

/** A comparison as SQL. Holds for rows without a value exactly when it says so: see `TableQuery.where`. */
export function comparisonSql({ column, operator, values }: Comparison): Expression {
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
      const found = among(name, values);
      return operator === "in" ? found : sql`(${found}) is not true`;
    }
    case "contains":
      return column.type === "json" ? hasElement(name, String(value)) : sql`instr(${name}, ${value}) > 0`;
    case "startsWith":
      return startsWith(name, String(value));
    case "isNull":
      return value === 1 ? sql`${name} is null` : sql`${name} is not null`;
  }
}

function among(name: RawBuilder<unknown>, values: readonly SqlValue[]): Expression {
  const present = values.filter((value) => value !== null);
  const inside: Expression = present.length === 0 ? sql`0` : sql`${name} in (${sql.join(present)})`;
  return present.length === values.length ? inside : sql`(${name} is null or ${inside})`;
}

/**
 * Whether an array has an element, given as JSON text. Both are read by SQLite's own JSON, which reads some
 * fractions a little off, but both alike; the texts then say whether it is the very same one.
 */
function hasElement(name: RawBuilder<unknown>, json: string): Expression {
  return sql`exists (select 1 from json_each(${name}) as element where element.type = json_type(${json})
    and element.value is json_extract(${json}, '$') and ${name} -> element.fullkey = ${json})`;
}

/** As a range, which an index can serve and in which no character is special. */
function startsWith(name: RawBuilder<unknown>, prefix: string): Expression {
  const { from, to } = prefixRange(prefix);
  return to === undefined ? sql`${name} >= ${from}` : sql`(${name} >= ${from} and ${name} < ${to})`;
}
