import type { Page, PageOptions } from "../../../router/schema/table-api.js";
import { badRequest } from "../bad-request.js";
import type { Comparison } from "./condition.js";
import { type CursorValue, isLongKey, resolveLongKey } from "./long-key.js";
import type { OrderTerm } from "./order-term.js";
import { formatPageCursor, markOf, parsePageCursor } from "./page-cursor.js";
import type { PreparedTable } from "../prepared-table.js";
import { countFitting, isLongColumn, PAGE_BYTES } from "./page-bytes.js";
import { storageLimits } from "../codec/value-size.js";
import { everyRow, type QueryState, wholeOrder } from "./query-sql.js";
import { createRowCodec } from "../codec/row-codec.js";
import type { RawRow, SqlValue } from "../codec/sql-value.js";

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1_000;

/** Rows that always fit into a page, however long they are. */
const FEW = Math.floor(PAGE_BYTES / storageLimits.rowBytes);

export interface PageReader {
  readonly rows: (query: QueryState) => RawRow[];
  /** How many bytes each row of a query takes. */
  readonly sizes: (query: QueryState) => number[];
}

/** Reads one page of a query's rows, and where the next one begins. It has fewer rows than asked for if those are long. */
export function readPage(
  table: PreparedTable,
  state: QueryState,
  { after, size = DEFAULT_SIZE }: PageOptions,
  { rows: readRows, sizes }: PageReader,
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
  const cursor = after === undefined || after === null ? undefined : parsePageCursor(after, mark, order);
  const query = {
    ...state,
    orderBy: order,
    select: columns,
    after: cursor && resolveKeys(table, cursor, order, readRows),
  };
  const count = columns.some(isLongColumn) && size > FEW ? countFitting(sizes({ ...query, limit: size })) : size;
  // One row more than the page has shows whether there is another page.
  const rows = readRows({ ...query, limit: count + 1 });
  const last = rows.length > count ? rows[count - 1] : undefined;
  const { decode } = createRowCodec(table.name, fields);
  return {
    items: rows.slice(0, count).map(decode),
    nextCursor: last
      ? formatPageCursor(
          mark,
          order.map(({ column }) => last[columns.indexOf(column)] ?? null),
        )
      : null,
  };
}

/** The values that a cursor stands for. Those that are too long for it are read from its row. */
function resolveKeys(
  table: PreparedTable,
  cursor: readonly CursorValue[],
  order: readonly OrderTerm[],
  read: (query: QueryState) => RawRow[],
): SqlValue[] {
  const long = order.filter((_, position) => isLongKey(cursor[position] ?? null)).map(({ column }) => column);
  const id = cursor[order.findIndex(({ column }) => column.name === "id")];
  const byId: Comparison = { column: table.column("id"), operator: "==", values: typeof id === "string" ? [id] : [] };
  const [row] = long.length > 0 ? read({ ...everyRow, where: [byId], select: long }) : [];
  return order.map((term, position) => {
    const value = cursor[position] ?? null;
    return isLongKey(value) ? resolveLongKey(value, term, row?.[long.indexOf(term.column)]) : value;
  });
}
