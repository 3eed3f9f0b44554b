import { type RawBuilder, sql } from "kysely";
import type { OrderTerm } from "./order-term.js";
import type { SqlValue } from "./sql-value.js";

type Expression = RawBuilder<boolean>;

/** Which rows come after a position in an order: one value for each of its terms. Rows without a value sort first. */
export function afterSql(
  [term, ...terms]: readonly OrderTerm[],
  [value = null, ...values]: readonly SqlValue[],
): Expression {
  if (!term) return sql`0`;
  const name = sql.id(term.column.name);
  const same: Expression = value === null ? sql`${name} is null` : sql`${name} = ${value}`;
  const beyond = beyondSql(term, value);
  if (terms.length === 0) return beyond ?? sql`0`;
  const then = sql<boolean>`(${same} and ${afterSql(terms, values)})`;
  if (!beyond) return then;
  const either = sql<boolean>`(${beyond} or ${then})`;
  // Says nothing new, but an index can start from it, which it cannot from an "or".
  if (value === null || term.column.whenNull !== "never") return either;
  return sql`(${name} ${sql.raw(term.direction === "asc" ? ">=" : "<=")} ${value} and ${either})`;
}

/** Nothing comes after null in descending order. */
function beyondSql({ column, direction }: OrderTerm, value: SqlValue): Expression | undefined {
  const name = sql.id(column.name);
  if (value === null) return direction === "asc" ? sql`${name} is not null` : undefined;
  if (direction === "asc") return sql`${name} > ${value}`;
  return column.whenNull === "never" ? sql`${name} < ${value}` : sql`(${name} < ${value} or ${name} is null)`;
}
