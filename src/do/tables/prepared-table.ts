import { z } from "zod";
import type { Column, TableModel } from "../../router/schema/column.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { badRequest } from "./bad-request.js";
import { createRowCodec, type RowCodec } from "./codec/row-codec.js";
import { quoteName, quoteNames } from "./schema/sql-text.js";
import { MAX_VALUES } from "./codec/sql-value.js";

/** Everything about a table that does not depend on the object it is in: worked out once. */
export interface PreparedTable {
  readonly name: string;
  readonly model: TableModel;
  /** The zod object, refusing unknown keys whatever the app's own does: a caller sets declared fields only. */
  readonly schema: z.ZodObject;
  /** Rules about a whole row, which an update has to hold to as well. */
  readonly rules: z.ZodType | undefined;
  readonly fields: readonly Column[];
  readonly statements: {
    /** Stores so many rows, `rowsPerInsert` at most. */
    readonly insert: (rows: number) => string;
    readonly select: string;
    readonly find: string;
    readonly remove: string;
  };
  /** @throws TRPCError BAD_REQUEST for a name that is no column's */
  readonly column: (name: unknown) => Column;
  readonly rows: RowCodec;
  /** Encodes what the app's own fields hold: all columns but the added ones. */
  readonly encodeFields: RowCodec["encode"];
  readonly rowsPerInsert: number;
  /** How to set some columns, which must be the table's. */
  readonly update: (columns: readonly string[]) => PreparedUpdate;
}

/** Sets some columns of the row with an id, and gives the whole row. */
export interface PreparedUpdate {
  /** The statement's part before its condition. */
  readonly assign: string;
  /** And the part after it. */
  readonly returning: string;
  readonly statement: string;
  /** Encodes the columns, in the order of the statement. */
  readonly encode: RowCodec["encode"];
}

/** A row's `updatedAt` always moves on, also within a millisecond or when the clock goes back: it is the version. */
const newValues: ReadonlyMap<string, string> = new Map([["updatedAt", 'max(?, "updatedAt" + 1)']]);

/** Prepares one table of a definition. */
export function prepareTable(model: TableModel, { schema }: TableDefinition): PreparedTable {
  const table = quoteName(model.name);
  const names = model.columns.map(({ name }) => name);
  const list = quoteNames(names);
  const select = `SELECT ${list} FROM ${table}`;
  const columns = new Map(model.columns.map((column) => [column.name, column]));
  const updates = new Map<string, PreparedUpdate>();
  const marks = `(${names.map(() => "?").join(", ")})`;
  const inserts: string[] = [];
  const fields = model.columns.filter(({ name }) => Object.hasOwn(schema.shape, name));
  const { checks } = schema.def;

  return {
    name: model.name,
    model,
    schema: schema.strict() as z.ZodObject,
    rules: checks && checks.length > 0 ? z.unknown().check(...(checks as z.core.$ZodCheck<unknown>[])) : undefined,
    fields,
    statements: {
      select,
      insert: (rows) =>
        (inserts[rows] ??= `INSERT INTO ${table} (${list}) VALUES ${Array(rows).fill(marks).join(", ")}`),
      find: `${select} WHERE "id" = ?`,
      remove: `DELETE FROM ${table} WHERE "id" = ? RETURNING "id"`,
    },
    column(name) {
      const column = typeof name === "string" ? columns.get(name) : undefined;
      if (!column) throw badRequest(`The table "${model.name}" has no field ${JSON.stringify(name)?.slice(0, 80)}.`);
      return column;
    },
    rows: createRowCodec(model.name, model.columns),
    encodeFields: createRowCodec(model.name, fields).encode,
    rowsPerInsert: Math.floor(MAX_VALUES / names.length),
    update(changed) {
      const key = changed.join();
      const known = updates.get(key);
      if (known) return known;
      const assignments = changed.map((name) => `${quoteName(name)} = ${newValues.get(name) ?? "?"}`).join(", ");
      const [assign, returning] = [`UPDATE ${table} SET ${assignments}`, `RETURNING ${list}`];
      const update: PreparedUpdate = {
        assign,
        returning,
        statement: `${assign} WHERE "id" = ? ${returning}`,
        encode: createRowCodec(
          model.name,
          changed.flatMap((name) => columns.get(name) ?? []),
        ).encode,
      };
      // As many as an app writes out; a caller who picks fields at will must not fill the memory with them.
      if (updates.size < 256) updates.set(key, update);
      return update;
    },
  };
}
