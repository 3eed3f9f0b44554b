import { type RawBuilder, sql } from "kysely";
import type { Column } from "../../../router/schema/column.js";
import type { SqlValue } from "../codec/sql-value.js";

/** A column that rows are sorted by. */
export interface OrderTerm {
  readonly column: Column;
  readonly direction: "asc" | "desc";
}

type Expression = RawBuilder<boolean>;

/** Longer orders are split into halves, because SQLite refuses expressions nested 100 levels deep. */
const MAX_NESTED_TERMS = 8;

/** Selects the rows after a position in an order, with one value for each term. Rows without a value sort first. */
export function afterSql(terms: readonly OrderTerm[], values: readonly SqlValue[]): Expression {
  return terms.length > MAX_NESTED_TERMS ? afterHalvesSql(terms, values) : afterTermsSql(terms, values);
}

function afterTermsSql(
  [term, ...terms]: readonly OrderTerm[],
  [value = null, ...values]: readonly SqlValue[],
): Expression {
  if (!term) return sql`0`;
  const beyond = beyondSql(term, value);
  if (terms.length === 0) return beyond ?? sql`0`;
  const then = sql<boolean>`(${sameSql(term, value)} and ${afterTermsSql(terms, values)})`;
  if (!beyond) return then;
  const either = sql<boolean>`(${beyond} or ${then})`;
  return hasHint(term, value) ? sql`(${hintSql(term, value)} and ${either})` : either;
}

/** After the position in the first half of the terms, or equal in it and after the position in the second half. */
function afterHalvesSql(terms: readonly OrderTerm[], values: readonly SqlValue[]): Expression {
  const middle = terms.length >> 1;
  const [first, value = null] = [terms[0], values[0]];
  const same = sameTermsSql(terms.slice(0, middle), values.slice(0, middle));
  const rest = afterSql(terms.slice(middle), values.slice(middle));
  const either = sql<boolean>`(${afterSql(terms.slice(0, middle), values.slice(0, middle))} or (${same} and ${rest}))`;
  return first && hasHint(first, value) ? sql`(${hintSql(first, value)} and ${either})` : either;
}

function sameTermsSql(terms: readonly OrderTerm[], values: readonly SqlValue[]): Expression {
  const [term] = terms;
  if (!term) return sql`1`;
  if (terms.length === 1) return sameSql(term, values[0] ?? null);
  const middle = terms.length >> 1;
  const [left, right] = [
    sameTermsSql(terms.slice(0, middle), values.slice(0, middle)),
    sameTermsSql(terms.slice(middle), values.slice(middle)),
  ];
  return sql`(${left} and ${right})`;
}

function sameSql({ column }: OrderTerm, value: SqlValue): Expression {
  const name = sql.id(column.name);
  return value === null ? sql`${name} is null` : sql`${name} = ${value}`;
}

/** Whether {@link hintSql} excludes no row of the result. */
function hasHint({ column }: OrderTerm, value: SqlValue): boolean {
  return value !== null && column.whenNull === "never";
}

/** Redundant, but allows SQLite to start at a position in an index, which an "or" does not. */
function hintSql({ column, direction }: OrderTerm, value: SqlValue): Expression {
  return sql`${sql.id(column.name)} ${sql.raw(direction === "asc" ? ">=" : "<=")} ${value}`;
}

/** In descending order, no row comes after NULL. */
function beyondSql({ column, direction }: OrderTerm, value: SqlValue): Expression | undefined {
  const name = sql.id(column.name);
  if (value === null) return direction === "asc" ? sql`${name} is not null` : undefined;
  if (direction === "asc") return sql`${name} > ${value}`;
  return column.whenNull === "never" ? sql`${name} < ${value}` : sql`(${name} < ${value} or ${name} is null)`;
}
