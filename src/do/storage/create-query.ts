import type { TableQuery } from "../../router/schema/table-api.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { badRequest } from "./bad-request.js";
import { toComparison } from "./condition.js";
import type { PreparedTable } from "./prepared-table.js";
import { countSql, existsSql, type QueryState, rowsSql, type Statement } from "./query-sql.js";
import { type RawRow, readRaw, type SqlValue } from "./sql-value.js";

/** Any table's query: what the types of a definition hold to, every table does at run time. */
export type AnyQuery = TableQuery<TableDefinition>;

const everything: QueryState = { where: [], orderBy: [], limit: undefined, offset: 0 };

/** A query over a table. Each step checks what it is given at once, and gives a new query. */
export function createQuery(sql: SqlStorage, table: PreparedTable, state: QueryState = everything): AnyQuery {
  const next = (change: Partial<QueryState>): AnyQuery => createQuery(sql, table, { ...state, ...change });
  // What was compiled comes from checked values, all of which SQLite takes.
  const read = ({ text, values }: Statement): RawRow[] => readRaw(sql, text, values as SqlValue[]);
  const rows = (query: QueryState) => read(rowsSql(table, query)).map(table.rows.decode);

  return {
    where: (field: unknown, operator: unknown, value: unknown) =>
      next({ where: [...state.where, toComparison(table.name, table.column(field), operator, value)] }),
    orderBy(field: unknown, direction: unknown = "asc") {
      const { name } = table.column(field);
      if (direction !== "asc" && direction !== "desc") throw badRequest('orderBy takes "asc" or "desc".');
      return next({ orderBy: [...state.orderBy, { field: name, direction }] });
    },
    limit: (count) => next({ limit: wholeNumber("limit", count) }),
    offset: (count) => next({ offset: wholeNumber("offset", count) }),
    all: () => rows(state),
    first: () => rows({ ...state, limit: Math.min(state.limit ?? 1, 1) })[0] ?? null,
    count: () => Number(read(countSql(table, state))[0]?.[0]),
    exists: () => read(existsSql(table, state))[0]?.[0] === 1,
  } as AnyQuery;
}

function wholeNumber(name: string, count: unknown): number {
  if (!Number.isSafeInteger(count) || Number(count) < 0) throw badRequest(`${name} takes a whole number, 0 or more.`);
  return Number(count);
}
