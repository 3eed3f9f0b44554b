import { z } from "zod";
import type { TableModel } from "../../../router/schema/column.js";
import type { TableDefinition } from "../../../router/schema/table.js";
import { encodeColumn } from "../codec/column-codec.js";
import type { Defaults } from "./ddl.js";
import { quoteLiteral } from "./sql-text.js";

/**
 * What zod fills in for fields that are left out, as constants for SQL: they fill the rows that are older than the
 * field, and the rows that an older version of the app writes. A default that is computed is computed here: not while
 * the Worker starts.
 *
 * @throws Error when a field's own default does not fit its column
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
      const reason = error instanceof Error ? error.message : "does not fit.";
      throw new Error(`The default of the field ${model.name}.${column.name} ${reason}`, { cause: error });
    }
  }
  return defaults;
}
