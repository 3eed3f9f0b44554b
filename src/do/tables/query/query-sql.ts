import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import type { Column } from "../../../router/schema/column.js";
import { bindValues, type BoundStatement } from "./bind-values.js";
import { conditionSql } from "./condition-sql.js";
import type { ConditionNode } from "./condition-tree.js";
import { createBuilder } from "./create-builder.js";
import { afterSql, type OrderTerm } from "./keyset-sql.js";
import type { PreparedTable, PreparedUpdate } from "../prepared-table.js";
import { MAX_VALUES, type SqlValue } from "../codec/sql-value.js";
import { badRequest } from "../table-errors.js";

/** A checked query: which rows, in which order, and how many. */
export interface QueryState {
  readonly where: readonly ConditionNode[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | undefined;
  readonly offset: number;
  /**
   * The columns to read, in this order.
   * @default all columns of the table
   */
  readonly select?: readonly Column[] | undefined;
  /**
   * The position after which the rows begin: one value for each term of the total order.
   * @default the first row
   */
  readonly after?: readonly SqlValue[] | undefined;
}

/** The query for all rows of a table, in no particular order. */
export const allRows: QueryState = { where: [], orderBy: [], limit: undefined, offset: 0 };

/** SQLite's limit is in bytes. A statement contains only ASCII, because names are ASCII and values are bound. */
const MAX_STATEMENT_CHARACTERS = 100_000;

const compiler = createBuilder<object>();

/** Selects the rows of a query. @throws ReasonedError BAD_REQUEST (QUERY_TOO_COMPLEX), as all statements below */
export function rowsSql(table: PreparedTable, query: QueryState): BoundStatement {
  const select = query.select
    ? sql`select ${sql.join(query.select.map(({ name }) => sql.id(name)))} from ${sql.table(table.name)}`
    : sql.raw(table.statements.select);
  return compileRows(table, query, select);
}

/**
 * Selects the total size in bytes of some columns, for each row of a query. SQLite does not read the values for that.
 */
export function sizesSql(table: PreparedTable, query: QueryState, columns: readonly Column[]): BoundStatement {
  const sizes = columns.map(({ name }) => sql`coalesce(octet_length(${sql.id(name)}), 0)`);
  return compileRows(table, query, sql`select ${sql.join(sizes, sql` + `)} from ${sql.table(table.name)}`);
}

function compileRows(table: PreparedTable, query: QueryState, select: RawBuilder<unknown>): BoundStatement {
  const statement = sql`${select}${whereSql(query, table)}${orderSql(query, table)}${rangeSql(query)}`;
  if (!query.after) return compile(statement);
  const position = afterSql(totalOrder(table, query.orderBy), query.after);
  return compile(statement, { others: position.compile(compiler).parameters.length });
}

/** Counts the rows of a query. */
export function countSql(table: PreparedTable, query: QueryState): BoundStatement {
  const from = sql`${sql.table(table.name)}${whereSql(query, table)}`;
  if (query.limit === undefined && query.offset === 0) return compile(sql`select count(*) from ${from}`);
  return compile(sql`select count(*) from (select 1 from ${from}${rangeSql(query)})`);
}

/** Whether a query has any row. */
export function existsSql(table: PreparedTable, query: QueryState): BoundStatement {
  return compile(
    sql`select exists (select 1 from ${sql.table(table.name)}${whereSql(query, table)}${rangeSql(query)})`,
  );
}

/** Updates all rows that match a condition, and returns them. */
export function updateWhereSql(
  table: PreparedTable,
  update: PreparedUpdate,
  values: readonly SqlValue[],
  where: readonly ConditionNode[],
): BoundStatement {
  const { sql: text, parameters } = whereSql({ ...allRows, where }, table).compile(compiler);
  checkCount(parameters.length);
  return checkLength(bindValues(`${update.assign}${text} ${update.returning}`, [...values, ...toValues(parameters)]));
}

/** Deletes all rows that match a condition, and returns their ids. */
export function deleteWhereSql(table: PreparedTable, where: readonly ConditionNode[]): BoundStatement {
  const matching = whereSql({ ...allRows, where }, table);
  return compile(sql`delete from ${sql.table(table.name)}${matching} returning ${sql.id("id")}`);
}

/** @param others the number of values that do not come from conditions */
function compile(statement: RawBuilder<unknown>, { others = 0 } = {}): BoundStatement {
  const { sql: text, parameters } = statement.compile(compiler);
  checkCount(parameters.length - others);
  return checkLength(bindValues(text, toValues(parameters)));
}

/** Conditions without a value, such as "isNull", are limited only by the length of the statement. */
function checkLength(statement: BoundStatement): BoundStatement {
  if (statement.text.length <= MAX_STATEMENT_CHARACTERS) return statement;
  throw badRequest("QUERY_TOO_COMPLEX", "The query has too many conditions. Combine some, or run several queries.");
}

function checkCount(count: number): void {
  if (count <= MAX_VALUES) return;
  throw badRequest(
    "QUERY_TOO_COMPLEX",
    `The query compares with ${count} values, and the limit is ${MAX_VALUES}. Use "in" or "notIn", whose list counts as one.`,
  );
}

/** The values were checked when a condition, a cursor or a row was encoded. */
function toValues(parameters: CompiledQuery["parameters"]): readonly SqlValue[] {
  return parameters as readonly SqlValue[];
}

function whereSql({ where, after, orderBy }: QueryState, table: PreparedTable): RawBuilder<unknown> {
  const conditions = conditionSql(table.name, { group: "and", members: where });
  if (after) {
    const position = afterSql(totalOrder(table, orderBy), after);
    return where.length === 0 ? sql` where ${position}` : sql` where ${conditions} and ${position}`;
  }
  return where.length === 0 ? sql`` : sql` where ${conditions}`;
}

/** Adds the id as the last term, so that equal rows have the same order on each page. */
export function totalOrder(table: PreparedTable, orderBy: readonly OrderTerm[]): readonly OrderTerm[] {
  const columns = orderBy.map(({ column }) => column);
  // A repeated field has no effect, and SQLite refuses more terms than a table has columns.
  const terms = orderBy.filter(({ column }, position) => columns.indexOf(column) === position);
  if (columns.some(({ name }) => name === "id")) return terms;
  return [...terms, { column: table.column("id"), direction: orderBy.at(-1)?.direction ?? "asc" }];
}

function orderSql({ orderBy }: QueryState, table: PreparedTable): RawBuilder<unknown> {
  if (orderBy.length === 0) return sql``;
  const terms = totalOrder(table, orderBy).map(
    ({ column, direction }) => sql`${sql.id(column.name)} ${sql.raw(direction)}`,
  );
  return sql` order by ${sql.join(terms)}`;
}

function rangeSql({ limit, offset }: QueryState): RawBuilder<unknown> {
  if (limit === undefined && offset === 0) return sql``;
  // Checked integers are part of the text, so that they do not count as values of the statement. `|0` hides the limit
  // from SQLite's planner. Below 5 it would sort the whole table instead of reading the first rows of an index.
  const count = sql.raw(`${limit ?? -1}|0`);
  // An offset requires a limit. -1 means no limit.
  return offset === 0 ? sql` limit ${count}` : sql` limit ${count} offset ${sql.raw(String(offset))}`;
}
