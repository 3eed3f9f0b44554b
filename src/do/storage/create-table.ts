import { TRPCError } from "@trpc/server";
import { v7 as uuidv7 } from "uuid";
import type { Table } from "../../router/schema/table-api.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { fieldError } from "./bad-request.js";
import { codecs } from "./column-codec.js";
import { createQuery } from "./create-query.js";
import { checkRules, parseInsert, parseUpdate } from "./parse-row.js";
import type { PreparedTable } from "./prepared-table.js";
import { type RawRow, readRaw, type SqlValue } from "./sql-value.js";
import { fitsRow } from "./value-size.js";
import { writeError } from "./write-error.js";

type Values = Record<string, unknown>;

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
  const { encode, decode } = table.rows;

  function attempt<TResult>(write: () => TResult): TResult {
    try {
      return write();
    } catch (error) {
      throw writeError(table, error);
    }
  }

  const findRaw = (id: SqlValue): RawRow | undefined => readRaw(sql, find, [id])[0];

  /** Sets some columns of a row. */
  function write(id: SqlValue, values: Values): RawRow {
    const update = table.update([...Object.keys(values), "updatedAt"]);
    const encoded = update.encode({ ...values, updatedAt: new Date() });
    const [row] = attempt(() => readRaw(sql, update.statement, [...encoded, id]));
    if (!row) throw notFound(table);
    if (!fitsRow(row)) throw tooLarge(table);
    onWrite();
    return row;
  }

  function update(id: SqlValue, values: unknown): RawRow {
    const parsed = parseUpdate(table, values);
    const { rules } = table;
    const empty = Object.keys(parsed).length === 0;
    if (!empty && !rules) return write(id, parsed);
    const before = findRaw(id);
    if (!before) throw notFound(table);
    if (empty || !rules) return before;
    // A rule may look at any field, and may change one: all of them are written.
    return write(id, checkRules(table, rules, { ...fieldsOf(table, before), ...parsed }));
  }

  return {
    ...createQuery(sql, table),
    create(values: unknown) {
      const now = new Date();
      const row = encode({ ...parseInsert(table, values), id: uuidv7(), createdAt: now, updatedAt: now });
      if (!fitsRow(row)) throw tooLarge(table);
      attempt(() => sql.exec(insert, ...row));
      onWrite();
      return decode(row);
    },
    findById(id: unknown) {
      const row = findRaw(encodeId(table, id));
      return row ? decode(row) : null;
    },
    update(id: unknown, values: unknown) {
      const key = encodeId(table, id);
      // One transaction, since a row that turns out too large must not stay.
      return decode(transactionSync(() => update(key, values)));
    },
    delete(id: unknown) {
      const gone = readRaw(sql, remove, [encodeId(table, id)]).length > 0;
      if (gone) onWrite();
      return gone;
    },
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

function fieldsOf(table: PreparedTable, row: RawRow): Values {
  const decoded = table.rows.decode(row);
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
