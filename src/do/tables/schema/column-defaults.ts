import { z } from "zod";
import type { TableModel } from "../../../router/schema/column.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { encodeColumn } from "../codec/column-codec.js";
import type { Defaults } from "./ddl.js";
import { quoteLiteral } from "./sql-text.js";

/**
 * Returns the defaults of zod as SQL constants. SQLite fills them into rows that are older than the field, and into
 * rows that an older version of the app writes. A computed default is evaluated now, and not while the Worker starts.
 *
 * @throws Error if the column of a field cannot store its default
 */
export function readDefaults(model: TableModel, { schema }: TableDefinition): Defaults {
  const defaults = new Map<string, string>();
  for (const column of model.columns) {
    const field = column.hasDefault && schema.shape[column.name];
    const filled = field && z.safeParse(field, undefined);
    if (!filled || !filled.success || filled.data === undefined || filled.data === null) continue;
    try {
      defaults.set(column.name, quoteLiteral(encodeColumn(column, filled.data)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : "cannot be stored.";
      throw new Error(`The default of the field ${model.name}.${column.name} ${reason}`, { cause: error });
    }
  }
  return defaults;
}
