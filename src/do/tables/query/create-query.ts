import type { PageOptions, TableQuery } from "../../../router/schema/table-api.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { badRequest } from "../bad-request.js";
import type { BoundStatement } from "./bind-values.js";
import { toComparison } from "./condition.js";
import { toCondition } from "./condition-tree.js";
import { isLongColumn } from "./page-bytes.js";
import type { PreparedTable } from "../prepared-table.js";
import { countSql, everyRow, existsSql, type QueryState, rowsSql, sizesSql } from "./query-sql.js";
import { readPage } from "./read-page.js";
import { unrecorded } from "../reads/read-recorder.js";
import { recordCount, recordRows } from "../reads/record-rows.js";
import { createRowCodec } from "../codec/row-codec.js";
import { type RawRow, readRaw } from "../codec/sql-value.js";

/** Any table's query: what the types of a definition hold to, every table does at run time. */
export type AnyQuery = TableQuery<TableDefinition>;

/** A query over a table. Each step checks what it is given at once, and gives a new query. */
export function createQuery(sql: SqlStorage, table: PreparedTable, state: QueryState = everyRow): AnyQuery {
  const next = (change: Partial<QueryState>): AnyQuery => createQuery(sql, table, { ...state, ...change });
  // What was compiled comes from checked values, all of which SQLite takes.
  const read = ({ text, values }: BoundStatement): RawRow[] => readRaw(sql, text, values);
  const codec = () => (state.select ? createRowCodec(table.name, state.select) : table.rows);
  const readRows = (query: QueryState) => recordRows(table, query, (asked) => read(rowsSql(table, asked)));
  const rows = (query: QueryState) => readRows(query).map(codec().decode);
  const readSizes = (query: QueryState): number[] => {
    const columns = (query.select ?? table.model.columns).filter(isLongColumn);
    return unrecorded(() => read(sizesSql(table, query, columns))).map(([bytes]) => Number(bytes));
  };

  return {
    where(field: unknown, operator?: unknown, value?: unknown) {
      const condition =
        typeof field === "function"
          ? toCondition(table, field)
          : toComparison(table.name, table.column(field), operator, value);
      return next({ where: [...state.where, condition] });
    },
    orderBy(field: unknown, direction: unknown = "asc") {
      const column = table.column(field);
      if (direction !== "asc" && direction !== "desc") throw badRequest('orderBy takes "asc" or "desc".');
      return next({ orderBy: [...state.orderBy, { column, direction }] });
    },
    select(...fields: readonly unknown[]) {
      if (fields.length === 0) throw badRequest("select takes the fields to read, one or more.");
      return next({ select: [...new Set(fields.map(table.column))] });
    },
    limit: (count: unknown) => next({ limit: wholeNumber("limit", count) }),
    offset: (count: unknown) => next({ offset: wholeNumber("offset", count) }),
    all: () => rows(state),
    first: () => rows({ ...state, limit: Math.min(state.limit ?? 1, 1) })[0] ?? null,
    count: () => recordCount(table, state, () => Number(read(countSql(table, state))[0]?.[0])),
    exists: () => recordCount(table, state, () => read(existsSql(table, state))[0]?.[0] === 1),
    page: (options: PageOptions = {}) => readPage(table, state, options, { rows: readRows, sizes: readSizes }),
    // Rows of whatever was selected: the types follow the steps, each of which is checked here.
  } as unknown as AnyQuery;
}

function wholeNumber(name: string, count: unknown): number {
  if (!Number.isSafeInteger(count) || Number(count) < 0) throw badRequest(`${name} takes a whole number, 0 or more.`);
  return Number(count);
}
