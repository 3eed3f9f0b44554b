import type { PageOptions } from "../../../router/schema/table-api.js";
import type { Page } from "../../../shared/page.js";
import type { Comparison } from "./condition.js";
import { type CursorValue, isLongKey, resolveLongKey } from "./long-key.js";
import type { OrderTerm } from "./keyset-sql.js";
import { formatPageCursor, hashQuery, parsePageCursor } from "./page-cursor.js";
import type { PreparedTable } from "../prepared-table.js";
import { countFitting, isLongColumn, PAGE_BYTES } from "./page-bytes.js";
import { storageLimits } from "../codec/value-size.js";
import { allRows, type QueryState, totalOrder } from "./query-sql.js";
import { createRowCodec } from "../codec/row-codec.js";
import type { RawRow, SqlValue } from "../codec/sql-value.js";
import { badRequest } from "../table-errors.js";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

/** The number of rows that fit into a page even if each has the maximum size. */
const ALWAYS_FITTING_ROWS = Math.floor(PAGE_BYTES / storageLimits.rowBytes);

export interface PageReader {
  readonly rows: (query: QueryState) => RawRow[];
  /** Returns the size of each row of a query in bytes. */
  readonly sizes: (query: QueryState) => number[];
}

/**
 * Reads one page of a query's rows, and the cursor of the next page. The page has fewer rows than requested if they are
 * long.
 *
 * @throws ReasonedError BAD_REQUEST: INPUT_INVALID for an invalid limit, QUERY_INVALID for a query with a limit or an
 * offset, CURSOR_INVALID
 */
export function readPage(
  table: PreparedTable,
  state: QueryState,
  { cursor: given, limit = DEFAULT_LIMIT }: PageOptions,
  { rows: readRows, sizes }: PageReader,
): Page<Record<string, unknown>> {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw badRequest("INPUT_INVALID", `\`limit\` is not valid. Use an integer from 1 to ${MAX_LIMIT}.`);
  }
  if (state.limit !== undefined || state.offset !== 0) {
    throw badRequest(
      "QUERY_INVALID",
      "A query with limit() or offset() has no pages. Remove them, and pass `limit` to `page`.",
    );
  }
  const order = totalOrder(table, state.orderBy);
  const queryHash = hashQuery(table, { ...state, orderBy: order });
  const fields = state.select ?? table.model.columns;
  // The columns of the order are read in any case, because the cursor contains their values.
  const columns = [...new Set([...fields, ...order.map(({ column }) => column)])];
  const cursor = given === undefined || given === null ? undefined : parsePageCursor(given, queryHash, order);
  const query = {
    ...state,
    orderBy: order,
    select: columns,
    after: cursor && resolveKeys(table, cursor, order, readRows),
  };
  const count =
    columns.some(isLongColumn) && limit > ALWAYS_FITTING_ROWS ? countFitting(sizes({ ...query, limit })) : limit;
  // One more row shows whether there is another page.
  const rows = readRows({ ...query, limit: count + 1 });
  const last = rows.length > count ? rows[count - 1] : undefined;
  const { decode } = createRowCodec(table.name, fields);
  return {
    items: rows.slice(0, count).map(decode),
    nextCursor: last
      ? formatPageCursor(
          queryHash,
          order.map(({ column }) => last[columns.indexOf(column)] ?? null),
        )
      : null,
  };
}

/** Returns the values of a cursor. Values that were too long for it are read from its row. */
function resolveKeys(
  table: PreparedTable,
  cursor: readonly CursorValue[],
  order: readonly OrderTerm[],
  read: (query: QueryState) => RawRow[],
): SqlValue[] {
  const long = order.filter((_, position) => isLongKey(cursor[position] ?? null)).map(({ column }) => column);
  const id = cursor[order.findIndex(({ column }) => column.name === "id")];
  const byId: Comparison = { column: table.column("id"), operator: "==", values: typeof id === "string" ? [id] : [] };
  const [row] = long.length > 0 ? read({ ...allRows, where: [byId], select: long }) : [];
  return order.map((term, position) => {
    const value = cursor[position] ?? null;
    return isLongKey(value) ? resolveLongKey(value, term, row?.[long.indexOf(term.column)]) : value;
  });
}
