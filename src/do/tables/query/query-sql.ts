import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import { badRequest } from "../bad-request.js";
import type { Column } from "../../../router/schema/column.js";
import { bindValues, type BoundStatement } from "./bind-values.js";
import { conditionSql } from "./condition-sql.js";
import type { ConditionNode } from "./condition-tree.js";
import { createBuilder } from "./create-builder.js";
import { afterSql } from "./keyset-sql.js";
import type { OrderTerm } from "./order-term.js";
import type { PreparedTable, PreparedUpdate } from "../prepared-table.js";
import { MAX_VALUES, type SqlValue } from "../codec/sql-value.js";

/** Which rows, in which order, how many. Checked already. */
export interface QueryState {
  readonly where: readonly ConditionNode[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: number | undefined;
  readonly offset: number;
  /** Only these columns, in this order. All of them if none are named. */
  readonly select?: readonly Column[] | undefined;
  /** Only what comes after these values, one for each term of the whole order. */
  readonly after?: readonly SqlValue[] | undefined;
}

/** All of a table's rows, in no order. */
export const everyRow: QueryState = { where: [], orderBy: [], limit: undefined, offset: 0 };

/** The names in a statement are ASCII, and its values are bound: a character is a byte. */
const MAX_STATEMENT_CHARACTERS = 100_000;

const compiler = createBuilder<object>();

/** The rows of a query. @throws TRPCError BAD_REQUEST for more than 100 values */
export function rowsSql(table: PreparedTable, query: QueryState): BoundStatement {
  const select = query.select
    ? sql`select ${sql.join(query.select.map(({ name }) => sql.id(name)))} from ${sql.table(table.name)}`
    : sql.raw(table.statements.select);
  return compileRows(table, query, select);
}

/** How many bytes some columns of each row of a query take. SQLite does not read the values for that. */
export function sizesSql(table: PreparedTable, query: QueryState, columns: readonly Column[]): BoundStatement {
  const sizes = columns.map(({ name }) => sql`coalesce(octet_length(${sql.id(name)}), 0)`);
  return compileRows(table, query, sql`select ${sql.join(sizes, sql` + `)} from ${sql.table(table.name)}`);
}

function compileRows(table: PreparedTable, query: QueryState, select: RawBuilder<unknown>): BoundStatement {
  const statement = sql`${select}${whereSql(query, table)}${orderSql(query, table)}${rangeSql(query)}`;
  if (!query.after) return compile(statement);
  const position = afterSql(wholeOrder(table, query.orderBy), query.after);
  return compile(statement, { others: position.compile(compiler).parameters.length });
}

/** How many rows a query has. */
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

/** Changes every row of a condition, and gives each as it is then. */
export function updateWhereSql(
  table: PreparedTable,
  update: PreparedUpdate,
  values: readonly SqlValue[],
  where: readonly ConditionNode[],
): BoundStatement {
  const { sql: text, parameters } = whereSql({ ...everyRow, where }, table).compile(compiler);
  checkCount(parameters.length);
  return checkLength(bindValues(`${update.assign}${text} ${update.returning}`, [...values, ...toValues(parameters)]));
}

/** Removes every row of a condition. */
export function deleteWhereSql(table: PreparedTable, where: readonly ConditionNode[]): BoundStatement {
  const which = whereSql({ ...everyRow, where }, table);
  return compile(sql`delete from ${sql.table(table.name)}${which} returning ${sql.id("id")}`);
}

/** @param others how many of the values do not come from conditions */
function compile(statement: RawBuilder<unknown>, { others = 0 } = {}): BoundStatement {
  const { sql: text, parameters } = statement.compile(compiler);
  checkCount(parameters.length - others);
  return checkLength(bindValues(text, toValues(parameters)));
}

/** SQLite refuses longer statements. Conditions without a value, such as "isNull", are not counted otherwise. */
function checkLength(statement: BoundStatement): BoundStatement {
  if (statement.text.length <= MAX_STATEMENT_CHARACTERS) return statement;
  throw badRequest("The query has too many conditions. Combine some of them, or run several queries.");
}

function checkCount(count: number): void {
  if (count <= MAX_VALUES) return;
  throw badRequest(
    `A query compares with ${MAX_VALUES} values at most; this one has ${count}. A list of "in" or "notIn" counts as one.`,
  );
}

/** All of them were checked when a condition, a cursor or a row was encoded. */
function toValues(parameters: CompiledQuery["parameters"]): readonly SqlValue[] {
  return parameters as readonly SqlValue[];
}

function whereSql({ where, after, orderBy }: QueryState, table: PreparedTable): RawBuilder<unknown> {
  const conditions = conditionSql(table.name, { group: "and", members: where });
  if (after) {
    const position = afterSql(wholeOrder(table, orderBy), after);
    return where.length === 0 ? sql` where ${position}` : sql` where ${conditions} and ${position}`;
  }
  return where.length === 0 ? sql`` : sql` where ${conditions}`;
}

/** The id last, so that rows which are equal otherwise do not change places from page to page. */
export function wholeOrder(table: PreparedTable, orderBy: readonly OrderTerm[]): readonly OrderTerm[] {
  const columns = orderBy.map(({ column }) => column);
  // Rows that are equal in a field cannot be sorted by it again. SQLite refuses more terms than a table has columns.
  const terms = orderBy.filter(({ column }, position) => columns.indexOf(column) === position);
  if (columns.some(({ name }) => name === "id")) return terms;
  return [...terms, { column: table.column("id"), direction: orderBy.at(-1)?.direction ?? "asc" }];
}

function orderSql({ orderBy }: QueryState, table: PreparedTable): RawBuilder<unknown> {
  if (orderBy.length === 0) return sql``;
  const terms = wholeOrder(table, orderBy).map(
    ({ column, direction }) => sql`${sql.id(column.name)} ${sql.raw(direction)}`,
  );
  return sql` order by ${sql.join(terms)}`;
}

function rangeSql({ limit, offset }: QueryState): RawBuilder<unknown> {
  if (limit === undefined && offset === 0) return sql``;
  // Whole numbers, checked: written out, they leave the values of the statement to the conditions.
  const count = sql.raw(String(limit ?? -1));
  // -1 is SQLite's word for no limit, which an offset cannot do without.
  return offset === 0 ? sql` limit ${count}` : sql` limit ${count} offset ${sql.raw(String(offset))}`;
}
