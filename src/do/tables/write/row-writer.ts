import { TRPCError } from "@trpc/server";
import { v7 as uuidv7 } from "uuid";
import { badRequest } from "../bad-request.js";
import { toCondition } from "../query/condition-tree.js";
import { checkRules, parseInsert, parseUpdate } from "./parse-row.js";
import type { PreparedTable } from "../prepared-table.js";
import { deleteWhereSql, everyRow, rowsSql, updateWhereSql } from "../query/query-sql.js";
import { type RawRow, readRaw, type SqlValue } from "../codec/sql-value.js";
import type { TableContext } from "../table-context.js";
import { fitsRow } from "../codec/value-size.js";
import { writeError } from "./write-error.js";

type Values = Record<string, unknown>;

/** Writes rows of one table. Each step may leave something behind when it throws: run it in a transaction. */
export function createRowWriter(table: PreparedTable, { sql, onWrite }: TableContext) {
  const { insert, find, remove } = table.statements;
  const { rules } = table;
  const findRaw = (id: SqlValue): RawRow | undefined => readRaw(sql, find, [id])[0];

  function attempt<TResult>(write: () => TResult): TResult {
    try {
      return write();
    } catch (error) {
      throw writeError(table, error);
    }
  }

  /** Sets some columns of a row. */
  function write(id: SqlValue, values: Values): RawRow {
    const update = table.update([...Object.keys(values), "updatedAt"]);
    const encoded = update.encode({ ...values, updatedAt: new Date() });
    const [row] = attempt(() => readRaw(sql, update.statement, [...encoded, id]));
    if (!row) throw notFound(table);
    if (!fitsRow(row)) throw tooLarge(table);
    onWrite(1);
    return row;
  }

  /** A new row, as its schema makes it of the given values. */
  function encodeNew(values: unknown): SqlValue[] {
    const now = Date.now();
    // The order of every table's columns.
    const row = [uuidv7(), ...table.encodeFields(parseInsert(table, values)), now, now];
    if (!fitsRow(row)) throw tooLarge(table);
    return row;
  }

  return {
    find: findRaw,

    /** Stores what a row's schema made of the given values. A row too large is not stored in the first place. */
    insert(values: unknown): RawRow {
      const row = encodeNew(values);
      attempt(() => sql.exec(insert(1), ...row));
      onWrite(1);
      return row;
    },

    /**
     * Stores several, as many at once as a statement takes. In a transaction SQLite notes for each statement that
     * has a trigger what the pages were that it changes, which costs more than the rows.
     */
    insertMany(list: readonly unknown[]): RawRow[] {
      const rows = list.map(encodeNew);
      for (let start = 0; start < rows.length; start += table.rowsPerInsert) {
        const some = rows.slice(start, start + table.rowsPerInsert);
        attempt(() => sql.exec(insert(some.length), ...some.flat()));
      }
      if (rows.length > 0) onWrite(rows.length);
      return rows;
    },

    update(id: SqlValue, values: unknown, ifVersion?: unknown): RawRow {
      const parsed = parseUpdate(table, values);
      const empty = Object.keys(parsed).length === 0;
      if (!empty && !rules && ifVersion === undefined) return write(id, parsed);
      const before = findRaw(id);
      if (!before) throw notFound(table);
      if (ifVersion !== undefined) checkVersion(table, before, ifVersion);
      if (empty) return before;
      // A rule may look at any field, and may change one: all of them are written.
      return write(id, rules ? checkRules(table, rules, { ...fieldsOf(table, before), ...parsed }) : parsed);
    },

    updateWhere(which: unknown, values: unknown): number {
      const where = [toCondition(table, which)];
      const parsed = parseUpdate(table, values);
      if (Object.keys(parsed).length === 0) return 0;
      if (rules) {
        const rows = readStatement(sql, rowsSql(table, { ...everyRow, where }));
        for (const row of rows) {
          write(row[0] ?? null, checkRules(table, rules, { ...fieldsOf(table, row), ...parsed }));
        }
        return rows.length;
      }
      const update = table.update([...Object.keys(parsed), "updatedAt"]);
      const encoded = update.encode({ ...parsed, updatedAt: new Date() });
      const statement = updateWhereSql(table, update, encoded, where);
      const rows = attempt(() => readStatement(sql, statement));
      if (!rows.every(fitsRow)) throw tooLarge(table);
      if (rows.length > 0) onWrite(rows.length);
      return rows.length;
    },

    remove(id: SqlValue): boolean {
      const gone = readRaw(sql, remove, [id]).length > 0;
      if (gone) onWrite(1);
      return gone;
    },

    removeWhere(which: unknown): number {
      const gone = readStatement(sql, deleteWhereSql(table, [toCondition(table, which)])).length;
      if (gone > 0) onWrite(gone);
      return gone;
    },
  };
}

export type RowWriter = ReturnType<typeof createRowWriter>;

function readStatement(sql: SqlStorage, { text, values }: ReturnType<typeof rowsSql>): RawRow[] {
  return readRaw(sql, text, values);
}

/** The last column is `updatedAt`, which no two versions of a row share. */
function checkVersion(table: PreparedTable, row: RawRow, version: unknown): void {
  if (!(version instanceof Date) || Number.isNaN(version.getTime())) {
    throw badRequest("ifVersion takes a row's updatedAt.");
  }
  if (row.at(-1) === version.getTime()) return;
  throw new TRPCError({
    code: "CONFLICT",
    message: `The row of "${table.name}" has changed since it was read. Read it again, then decide.`,
  });
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
