import type { Table } from "../../router/schema/table-api.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { codecs } from "./codec/column-codec.js";
import { createQuery } from "./query/create-query.js";
import type { PreparedTable } from "./prepared-table.js";
import { recordRow } from "./reads/record-rows.js";
import { createRowWriter } from "./write/row-writer.js";
import type { SqlValue } from "./codec/sql-value.js";
import type { TableContext } from "./table-context.js";
import { badRequest, toFieldError } from "./table-errors.js";
import { upsertRow } from "./write/upsert-row.js";

/** Creates a table of one object for one call. */
export function createTable(table: PreparedTable, context: TableContext): Table<TableDefinition> {
  const { sql, transactionSync, changes, setsTimes } = context;
  const { decode } = table.rows;
  const writer = createRowWriter(table, context);

  return {
    ...createQuery(sql, table),
    create: (values: unknown) => decode(writer.insert(values)),
    createMany(rows: unknown) {
      if (!Array.isArray(rows)) {
        throw badRequest("QUERY_INVALID", "The rows of createMany are not an array. Pass a list of rows.");
      }
      return transactionSync(() => writer.insertMany(rows)).map(decode);
    },
    upsert: (values: unknown, { on }: { readonly on: unknown }) =>
      decode(transactionSync(() => upsertRow(table, { sql, writer, setsTimes }, values, on))),
    findById(id: unknown) {
      const key = encodeId(table, id);
      const row = recordRow(table.name, key, () => writer.find(key));
      return row ? decode(row) : null;
    },
    update(id: unknown, values: unknown, { ifVersion }: { readonly ifVersion?: unknown } = {}) {
      const key = encodeId(table, id);
      // In a transaction, because a row that is too large is detected after the update.
      return decode(transactionSync(() => writer.update(key, values, ifVersion)));
    },
    updateWhere: (condition: unknown, values: unknown) => transactionSync(() => writer.updateWhere(condition, values)),
    delete: (id: unknown) => writer.delete(encodeId(table, id)),
    deleteWhere: (condition: unknown) => writer.deleteWhere(condition),
    changes: (options = {}) => changes(table.name, options),
    // The definition determines the types. Here, arguments are `unknown` and checked at run time.
  } as Table<TableDefinition>;
}

function encodeId(table: PreparedTable, id: unknown): SqlValue {
  try {
    return codecs.text.encode(id);
  } catch (error) {
    throw toFieldError(table.name, "id", error);
  }
}
