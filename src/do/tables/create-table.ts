import type { Table } from "../../router/schema/table-api.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { badRequest, fieldError } from "./bad-request.js";
import { codecs } from "./codec/column-codec.js";
import { createQuery } from "./query/create-query.js";
import type { PreparedTable } from "./prepared-table.js";
import { recordRow } from "./reads/record-rows.js";
import { createRowWriter } from "./write/row-writer.js";
import type { SqlValue } from "./codec/sql-value.js";
import type { TableContext } from "./table-context.js";
import { upsertRow } from "./write/upsert-row.js";

/** A table of one object, for one call. */
export function createTable(table: PreparedTable, context: TableContext): Table<TableDefinition> {
  const { sql, transactionSync, changes } = context;
  const { decode } = table.rows;
  const writer = createRowWriter(table, context);

  return {
    ...createQuery(sql, table),
    create: (values: unknown) => decode(writer.insert(values)),
    createMany(rows: unknown) {
      if (!Array.isArray(rows)) throw badRequest("createMany takes an array of rows.");
      return transactionSync(() => writer.insertMany(rows)).map(decode);
    },
    upsert: (values: unknown, { on }: { readonly on: unknown }) =>
      decode(transactionSync(() => upsertRow(table, { sql, writer }, values, on))),
    findById(id: unknown) {
      const key = encodeId(table, id);
      const row = recordRow(table.name, key, () => writer.find(key));
      return row ? decode(row) : null;
    },
    update(id: unknown, values: unknown, { ifVersion }: { readonly ifVersion?: unknown } = {}) {
      const key = encodeId(table, id);
      // One transaction, since a row that turns out too large must not stay.
      return decode(transactionSync(() => writer.update(key, values, ifVersion)));
    },
    updateWhere: (which: unknown, values: unknown) => transactionSync(() => writer.updateWhere(which, values)),
    delete: (id: unknown) => writer.remove(encodeId(table, id)),
    deleteWhere: (which: unknown) => writer.removeWhere(which),
    changes: (options = {}) => changes(table.name, options),
    // The types come from the definition, which also decides what happens here: `unknown` in, checked, rows out.
  } as Table<TableDefinition>;
}

function encodeId(table: PreparedTable, id: unknown): SqlValue {
  try {
    return codecs.text.encode(id);
  } catch (error) {
    throw fieldError(table.name, "id", error);
  }
}
