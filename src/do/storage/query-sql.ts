import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  type RawBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { badRequest } from "./bad-request.js";
import type { Comparison } from "./condition.js";
import { comparisonSql } from "./condition-sql.js";
import type { PreparedTable } from "./prepared-table.js";

/** As many values as one statement takes. */
const MAX_VALUES = 100;

/** Which rows, in which order, how many. Checked already. */
export interface QueryState {
  readonly where: readonly Comparison[];
  readonly orderBy: readonly { readonly field: string; readonly direction: "asc" | "desc" }[];
  readonly limit: number | undefined;
  readonly offset: number;
}

export interface Statement {
  readonly text: string;
  readonly values: CompiledQuery["parameters"];
}

/** Compiles only: statements run on the object's own storage, synchronously. */
const compiler = new Kysely<object>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** The rows of a query. @throws TRPCError BAD_REQUEST for more than 100 values */
export function rowsSql(table: PreparedTable, query: QueryState): Statement {
  return compile(sql`${sql.raw(table.statements.select)}${whereSql(query)}${orderSql(query)}${rangeSql(query)}`);
}

/** How many rows a query has. */
export function countSql(table: PreparedTable, query: QueryState): Statement {
  const from = sql`${sql.table(table.name)}${whereSql(query)}`;
  if (query.limit === undefined && query.offset === 0) return compile(sql`select count(*) from ${from}`);
  return compile(sql`select count(*) from (select 1 from ${from}${rangeSql(query)})`);
}

/** Whether a query has any row. */
export function existsSql(table: PreparedTable, query: QueryState): Statement {
  return compile(sql`select exists (select 1 from ${sql.table(table.name)}${whereSql(query)}${rangeSql(query)})`);
}

function compile(statement: RawBuilder<unknown>): Statement {
  const { sql: text, parameters } = statement.compile(compiler);
  if (parameters.length > MAX_VALUES) {
    throw badRequest(`A query compares with ${MAX_VALUES} values at most; this one has ${parameters.length}.`);
  }
  return { text, values: parameters };
}

function whereSql({ where }: QueryState): RawBuilder<unknown> {
  return where.length === 0 ? sql`` : sql` where ${allOf(where.map(comparisonSql))}`;
}

/** In halves, since SQLite refuses an expression that is nested 100 deep, which a plain chain would be. */
function allOf(conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  const [first] = conditions;
  if (first && conditions.length === 1) return first;
  const middle = conditions.length >> 1;
  return sql`(${allOf(conditions.slice(0, middle))} and ${allOf(conditions.slice(middle))})`;
}

function orderSql({ orderBy }: QueryState): RawBuilder<unknown> {
  if (orderBy.length === 0) return sql``;
  const terms = orderBy.map(({ field, direction }) => sql`${sql.id(field)} ${sql.raw(direction)}`);
  // The id last, so that rows which are equal otherwise do not change places from page to page.
  if (!orderBy.some(({ field }) => field === "id"))
    terms.push(sql`${sql.id("id")} ${sql.raw(orderBy.at(-1)?.direction ?? "asc")}`);
  return sql` order by ${sql.join(terms)}`;
}

function rangeSql({ limit, offset }: QueryState): RawBuilder<unknown> {
  if (limit === undefined && offset === 0) return sql``;
  // -1 is SQLite's word for no limit, which an offset cannot do without.
  return offset === 0 ? sql` limit ${limit}` : sql` limit ${limit ?? -1} offset ${offset}`;
}
