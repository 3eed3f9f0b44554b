import { v7 as uuidv7 } from "uuid";
import { toCondition } from "../query/condition-tree.js";
import { checkRules, parseInsert, parseUpdate } from "./parse-row.js";
import { takeAddedValues } from "./added-values.js";
import type { PreparedTable } from "../prepared-table.js";
import { deleteWhereSql, allRows, rowsSql, updateWhereSql } from "../query/query-sql.js";
import { type RawRow, readFirstRaw, readRaw, type SqlValue } from "../codec/sql-value.js";
import type { TableContext } from "../table-context.js";
import { fitsRow } from "../codec/value-size.js";
import { badRequest, rowNotFound, rowTooLarge, toWriteError, versionConflict } from "../table-errors.js";

type Values = Record<string, unknown>;

/** Writes rows of one table. A method that throws can have written already, so it must run in a transaction. */
export function createRowWriter(table: PreparedTable, { sql, onWrite, setsTimes = false }: TableContext) {
  const { statements, rules } = table;
  const findRaw = (id: SqlValue): RawRow | undefined => readFirstRaw(sql, statements.find, id);

  function withWriteErrors<TResult>(write: () => TResult): TResult {
    try {
      return write();
    } catch (error) {
      throw toWriteError(table.name, error);
    }
  }

  /** Sets some columns of a row. */
  function updateColumns(id: SqlValue, values: Values): RawRow {
    const update = table.update([...Object.keys(values), "updatedAt"]);
    const encoded = update.encode({ ...values, updatedAt: new Date() });
    const [row] = withWriteErrors(() => readRaw(sql, update.statement, [...encoded, id]));
    if (!row) throw rowNotFound(table.name);
    if (!fitsRow(row)) throw rowTooLarge(table.name);
    onWrite(1);
    return row;
  }

  /** Parses and encodes a new row. */
  function encodeNew(values: unknown): SqlValue[] {
    const {
      id = uuidv7(),
      createdAt,
      updatedAt,
      fields,
    } = takeAddedValues(table, values, { now: Date.now(), setsTimes });
    // Every table has its columns in this order.
    const row = [id, ...table.encodeFields(parseInsert(table, fields)), createdAt, updatedAt];
    if (!fitsRow(row)) throw rowTooLarge(table.name);
    return row;
  }

  return {
    find: findRaw,

    /** Inserts a row. Its size is checked before, so nothing is stored if this throws. */
    insert(values: unknown): RawRow {
      const row = encodeNew(values);
      withWriteErrors(() => sql.exec(statements.insert(1), ...row));
      onWrite(1);
      return row;
    },

    /**
     * Inserts rows, as many per statement as possible. In a transaction, SQLite saves the changed pages for each
     * statement with a trigger, which costs more than the rows.
     */
    insertMany(list: readonly unknown[]): RawRow[] {
      const rows = list.map(encodeNew);
      for (let start = 0; start < rows.length; start += table.rowsPerInsert) {
        const chunk = rows.slice(start, start + table.rowsPerInsert);
        withWriteErrors(() => sql.exec(statements.insert(chunk.length), ...chunk.flat()));
      }
      if (rows.length > 0) onWrite(rows.length);
      return rows;
    },

    update(id: SqlValue, values: unknown, ifVersion?: unknown): RawRow {
      const parsed = parseUpdate(table, values);
      const isEmpty = Object.keys(parsed).length === 0;
      if (!isEmpty && !rules && ifVersion === undefined) return updateColumns(id, parsed);
      const before = findRaw(id);
      if (!before) throw rowNotFound(table.name);
      if (ifVersion !== undefined) checkVersion(table, before, ifVersion);
      if (isEmpty) return before;
      // A check can read and change any field, so all fields are written.
      return updateColumns(id, rules ? checkRules(table, rules, { ...fieldsOf(table, before), ...parsed }) : parsed);
    },

    updateWhere(condition: unknown, values: unknown): number {
      const where = [toCondition(table, condition)];
      const parsed = parseUpdate(table, values);
      if (Object.keys(parsed).length === 0) return 0;
      if (rules) {
        const rows = readStatement(sql, rowsSql(table, { ...allRows, where }));
        for (const row of rows) {
          updateColumns(row[0] ?? null, checkRules(table, rules, { ...fieldsOf(table, row), ...parsed }));
        }
        return rows.length;
      }
      const update = table.update([...Object.keys(parsed), "updatedAt"]);
      const encoded = update.encode({ ...parsed, updatedAt: new Date() });
      const statement = updateWhereSql(table, update, encoded, where);
      const rows = withWriteErrors(() => readStatement(sql, statement));
      if (!rows.every(fitsRow)) throw rowTooLarge(table.name);
      if (rows.length > 0) onWrite(rows.length);
      return rows.length;
    },

    delete(id: SqlValue): boolean {
      const isDeleted = readRaw(sql, statements.delete, [id]).length > 0;
      if (isDeleted) onWrite(1);
      return isDeleted;
    },

    deleteWhere(condition: unknown): number {
      const deleted = readStatement(sql, deleteWhereSql(table, [toCondition(table, condition)])).length;
      if (deleted > 0) onWrite(deleted);
      return deleted;
    },
  };
}

export type RowWriter = ReturnType<typeof createRowWriter>;

function readStatement(sql: SqlStorage, { text, values }: ReturnType<typeof rowsSql>): RawRow[] {
  return readRaw(sql, text, values);
}

/** Compares the last column, `updatedAt`, which is different for each version of a row. */
function checkVersion(table: PreparedTable, row: RawRow, version: unknown): void {
  if (!(version instanceof Date) || Number.isNaN(version.getTime())) {
    throw badRequest("INPUT_INVALID", "`ifVersion` is not a valid date. Pass the `updatedAt` of the row.");
  }
  if (row.at(-1) === version.getTime()) return;
  throw versionConflict(table.name);
}

function fieldsOf(table: PreparedTable, row: RawRow): Values {
  const decoded = table.rows.decode(row);
  return Object.fromEntries(table.fields.map(({ name }) => [name, decoded[name]]));
}
