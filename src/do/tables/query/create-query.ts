import type { PageOptions, TableQuery } from "../../../router/schema/table-api.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import type { BoundStatement } from "./bind-values.js";
import { toComparison } from "./condition.js";
import { toCondition } from "./condition-tree.js";
import { isLongColumn } from "./page-bytes.js";
import type { PreparedTable } from "../prepared-table.js";
import { countSql, allRows, existsSql, type QueryState, rowsSql, sizesSql } from "./query-sql.js";
import { readPage } from "./read-page.js";
import { withoutRecorder } from "../reads/read-recorder.js";
import { recordCount, recordRows } from "../reads/record-rows.js";
import { createRowCodec } from "../codec/row-codec.js";
import { type RawRow, readRaw } from "../codec/sql-value.js";
import { badRequest } from "../table-errors.js";

/** A query of any table. The types of a definition are narrower, but the run-time behavior is the same. */
export type AnyQuery = TableQuery<TableDefinition>;

/** Creates a query of a table. Each method checks its arguments immediately and returns a new query. */
export function createQuery(sql: SqlStorage, table: PreparedTable, state: QueryState = allRows): AnyQuery {
  const next = (change: Partial<QueryState>): AnyQuery => createQuery(sql, table, { ...state, ...change });
  const read = ({ text, values }: BoundStatement): RawRow[] => readRaw(sql, text, values);
  const codec = () => (state.select ? createRowCodec(table.name, state.select) : table.rows);
  const readRows = (query: QueryState) => recordRows(table, query, (recorded) => read(rowsSql(table, recorded)));
  const rows = (query: QueryState) => readRows(query).map(codec().decode);
  const readSizes = (query: QueryState): number[] => {
    const columns = (query.select ?? table.model.columns).filter(isLongColumn);
    return withoutRecorder(() => read(sizesSql(table, query, columns))).map(([bytes]) => Number(bytes));
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
      if (direction !== "asc" && direction !== "desc") {
        throw badRequest("QUERY_INVALID", 'The direction of orderBy is not valid. Use "asc" or "desc".');
      }
      return next({ orderBy: [...state.orderBy, { column, direction }] });
    },
    select(...fields: readonly unknown[]) {
      if (fields.length === 0) {
        throw badRequest("QUERY_INVALID", "select has no fields. Pass the names of the fields to read.");
      }
      return next({ select: [...new Set(fields.map(table.column))] });
    },
    limit: (count: unknown) => next({ limit: checkCount("limit", count) }),
    offset: (count: unknown) => next({ offset: checkCount("offset", count) }),
    all: () => rows(state),
    first: () => rows({ ...state, limit: Math.min(state.limit ?? 1, 1) })[0] ?? null,
    count: () => recordCount(table, state, () => Number(read(countSql(table, state))[0]?.[0])),
    exists: () => recordCount(table, state, () => read(existsSql(table, state))[0]?.[0] === 1),
    page: (options: PageOptions = {}) => readPage(table, state, options, { rows: readRows, sizes: readSizes }),
    // The type of the rows depends on the calls of `select`, which the type checker cannot follow here.
  } as unknown as AnyQuery;
}

function checkCount(name: string, count: unknown): number {
  if (Number.isSafeInteger(count) && Number(count) >= 0) return Number(count);
  throw badRequest("INPUT_INVALID", `\`${name}\` is not valid. Use an integer of 0 or more.`);
}
