import { z } from "zod";
import type { Column, TableModel } from "../../router/schema/column.js";
import type { TableDefinition } from "../../router/schema/table.js";
import { createRowCodec, type RowCodec } from "./codec/row-codec.js";
import { quoteName, quoteNames } from "./schema/sql-text.js";
import { MAX_VALUES } from "./codec/sql-value.js";
import { badRequest } from "./table-errors.js";

/** The parts of a table that do not depend on the object. They are prepared once. */
export interface PreparedTable {
  readonly name: string;
  readonly model: TableModel;
  /** The zod object, which rejects unknown keys even if the app's object would remove or keep them. */
  readonly schema: z.ZodObject;
  /** The checks of the zod object itself (`.refine`, `.check`), which updates must pass as well. */
  readonly rules: z.ZodType | undefined;
  /** The columns of the zod object: all except `id`, `createdAt` and `updatedAt`. */
  readonly fields: readonly Column[];
  /** Whether a field has the name of a property that every object inherits, such as `toString`. */
  readonly hasInheritedName: boolean;
  readonly statements: {
    /** Inserts a number of rows, at most `rowsPerInsert`. */
    readonly insert: (rows: number) => string;
    readonly select: string;
    readonly find: string;
    readonly delete: string;
  };
  /** Returns a column by its name. @throws ReasonedError BAD_REQUEST (FIELD_UNKNOWN) */
  readonly column: (name: unknown) => Column;
  readonly rows: RowCodec;
  /** Encodes the values of `fields`. */
  readonly encodeFields: RowCodec["encode"];
  readonly rowsPerInsert: number;
  /** Prepares an update of some columns, which must exist. */
  readonly update: (columns: readonly string[]) => PreparedUpdate;
}

/** An update that sets some columns and returns whole rows. */
export interface PreparedUpdate {
  /** The part of the statement before its condition. */
  readonly assign: string;
  /** The part after the condition. */
  readonly returning: string;
  /** The whole statement, for the row with an id. */
  readonly statement: string;
  /** Encodes the columns, in the order of the statement. */
  readonly encode: RowCodec["encode"];
}

/** `updatedAt` is the version of a row, so it always increases, even within a millisecond or if the clock goes back. */
const updateExpressions: ReadonlyMap<string, string> = new Map([["updatedAt", 'max(?, "updatedAt" + 1)']]);

/** Prepares one table of a definition. */
export function prepareTable(model: TableModel, { schema }: TableDefinition): PreparedTable {
  const table = quoteName(model.name);
  const names = model.columns.map(({ name }) => name);
  const columnList = quoteNames(names);
  const select = `SELECT ${columnList} FROM ${table}`;
  const columns = new Map(model.columns.map((column) => [column.name, column]));
  const updates = new Map<string, PreparedUpdate>();
  const placeholders = `(${names.map(() => "?").join(", ")})`;
  const inserts: string[] = [];
  const fields = model.columns.filter(({ name }) => Object.hasOwn(schema.shape, name));
  const { checks } = schema.def;

  return {
    name: model.name,
    model,
    schema: schema.strict() as z.ZodObject,
    rules: checks && checks.length > 0 ? z.unknown().check(...(checks as z.core.$ZodCheck<unknown>[])) : undefined,
    fields,
    hasInheritedName: fields.some(({ name }) => name in Object.prototype),
    statements: {
      select,
      insert: (rows) =>
        (inserts[rows] ??= `INSERT INTO ${table} (${columnList}) VALUES ${Array(rows).fill(placeholders).join(", ")}`),
      find: `${select} WHERE "id" = ?`,
      delete: `DELETE FROM ${table} WHERE "id" = ? RETURNING "id"`,
    },
    column(name) {
      const column = typeof name === "string" ? columns.get(name) : undefined;
      if (column) return column;
      const field = JSON.stringify(name)?.slice(0, 80);
      throw badRequest(
        "FIELD_UNKNOWN",
        `The table "${model.name}" has no field ${field}. Use a field of its definition.`,
      );
    },
    rows: createRowCodec(model.name, model.columns),
    encodeFields: createRowCodec(model.name, fields).encode,
    rowsPerInsert: Math.floor(MAX_VALUES / names.length),
    update(changed) {
      const key = changed.join();
      const known = updates.get(key);
      if (known) return known;
      const assignments = changed
        .map((name) => `${quoteName(name)} = ${updateExpressions.get(name) ?? "?"}`)
        .join(", ");
      const [assign, returning] = [`UPDATE ${table} SET ${assignments}`, `RETURNING ${columnList}`];
      const update: PreparedUpdate = {
        assign,
        returning,
        statement: `${assign} WHERE "id" = ? ${returning}`,
        encode: createRowCodec(
          model.name,
          changed.flatMap((name) => columns.get(name) ?? []),
        ).encode,
      };
      // More than an app uses. A client that chooses fields must not be able to fill the memory.
      if (updates.size < 256) updates.set(key, update);
      return update;
    },
  };
}
