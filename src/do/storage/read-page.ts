import type { Page, PageOptions } from "../../router/schema/table-api.js";
import { badRequest } from "./bad-request.js";
import { formatPageCursor, markOf, parsePageCursor } from "./page-cursor.js";
import type { PreparedTable } from "./prepared-table.js";
import { type QueryState, wholeOrder } from "./query-sql.js";
import { createRowCodec } from "./row-codec.js";
import type { RawRow } from "./sql-value.js";

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1_000;

/** Reads one page of a query's rows, and where the next one begins. */
export function readPage(
  table: PreparedTable,
  state: QueryState,
  { after, size = DEFAULT_SIZE }: PageOptions,
  read: (query: QueryState) => RawRow[],
): Page<Record<string, unknown>> {
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_SIZE) {
    throw badRequest(`page takes a size from 1 to ${MAX_SIZE}.`);
  }
  if (state.limit !== undefined || state.offset !== 0)
    throw badRequest("page goes by size: leave out limit and offset.");
  const order = wholeOrder(table, state.orderBy);
  const mark = markOf(table, { ...state, orderBy: order });
  const fields = state.select ?? table.model.columns;
  // What rows are sorted by is read as well, whether or not it was asked for: it is in the cursor.
  const columns = [...new Set([...fields, ...order.map(({ column }) => column)])];
  const rows = read({
    ...state,
    orderBy: order,
    select: columns,
    after: after === undefined || after === null ? undefined : parsePageCursor(after, mark, order),
    // One more than asked for tells whether there is another page.
    limit: size + 1,
  });
  const last = rows.length > size ? rows[size - 1] : undefined;
  const { decode } = createRowCodec(table.name, fields);
  return {
    items: rows.slice(0, size).map(decode),
    nextCursor: last
      ? formatPageCursor(
          mark,
          order.map(({ column }) => last[columns.indexOf(column)] ?? null),
        )
      : null,
  };
}
