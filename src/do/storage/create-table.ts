import { TRPCError } from "@trpc/server";
import { v7 as uuidv7 } from "uuid";
import type { Table } from "../../router/schema/table-api.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { createQuery } from "./create-query.js";
import { encodeRow, encodeSome } from "./encode-row.js";
import { checkRules, parseInsert, parseUpdate } from "./parse-row.js";
import type { PreparedTable } from "./prepared-table.js";
import { type RawRow, readRaw, type SqlValue } from "./sql-value.js";
import { fitsRow } from "./value-size.js";
import { writing } from "./write-error.js";

/** What the tables of one call work with. */
export interface TableContext {
  readonly sql: SqlStorage;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /** Called after each write that changed something. It may be rolled back yet: look, do not trust. */
  readonly onWrite: () => void;
  readonly changes: (table: string, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}

/** A table of one object, for one call. */
export function createTable(table: PreparedTable, context: TableContext): Table<TableDefinition> {
  const { sql, transactionSync, onWrite, changes } = context;
  const { insert, find, remove } = table.statements;

  const findRaw = (id: unknown): RawRow | undefined => readRaw(sql, find, [encodeSome(table, { id })[0] ?? null])[0];

  /** Sets some columns of a row. */
  function write(id: SqlValue, values: Record<string, unknown>): RawRow {
    const changed = { ...values, updatedAt: new Date() };
    const encoded = encodeSome(table, changed);
    const [row] = writing(table, () => readRaw(sql, table.updateSql(Object.keys(changed)), [...encoded, id]));
    if (!row) throw notFound(table);
    if (!fitsRow(row)) throw tooLarge(table);
    onWrite();
    return row;
  }

  function update(id: unknown, values: unknown): RawRow {
    const parsed = parseUpdate(table, values);
    const [key = null] = encodeSome(table, { id });
    const { rules } = table;
    const empty = Object.keys(parsed).length === 0;
    if (!empty && !rules) return write(key, parsed);
    const before = findRaw(id);
    if (!before) throw notFound(table);
    if (empty || !rules) return before;
    // A rule may look at any field, and may change one: all of them are written.
    return write(key, checkRules(table, rules, { ...fieldsOf(table, before), ...parsed }));
  }

  return {
    ...createQuery(sql, table),
    create(values: unknown) {
      const now = new Date();
      const parsed = parseInsert(table, values);
      const row = encodeRow(table, { ...parsed, id: uuidv7(), createdAt: now, updatedAt: now });
      if (!fitsRow(row)) throw tooLarge(table);
      writing(table, () => sql.exec(insert, ...row));
      onWrite();
      return table.decode(row);
    },
    findById(id: unknown) {
      const row = findRaw(id);
      return row ? table.decode(row) : null;
    },
    update(id: unknown, values: unknown) {
      // One transaction, since a row that turns out too large must not stay.
      return table.decode(transactionSync(() => update(id, values)));
    },
    delete(id: unknown) {
      const gone = readRaw(sql, remove, encodeSome(table, { id })).length > 0;
      if (gone) onWrite();
      return gone;
    },
    changes: (options = {}) => changes(table.name, options),
  } as Table<TableDefinition>;
}

function fieldsOf(table: PreparedTable, row: RawRow): Record<string, unknown> {
  const decoded = table.decode(row);
  return Object.fromEntries(table.fields.map(({ name }) => [name, decoded[name]]));
}

function notFound(table: PreparedTable): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: `The table "${table.name}" has no such row.` });
}

function tooLarge(table: PreparedTable): TRPCError {
  return new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `A row of the table "${table.name}" holds 1 MiB at most.`,
  });
}
