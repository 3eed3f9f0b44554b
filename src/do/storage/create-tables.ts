import type { Tables } from "../../router/schema/table-api.js";
import type { TableDefinitions } from "../../router/schema/table.js";
import { createTable, type TableContext } from "./create-table.js";
import type { TableSet } from "./table-set.js";

export interface CreateTablesOptions<TDefinitions extends TableDefinitions> extends TableContext {
  readonly tableSet: TableSet<TDefinitions>;
}

/**
 * The tables of one object, for one call. Cheap: a table is made when it is first asked for.
 */
export function createTables<TDefinitions extends TableDefinitions>(
  options: CreateTablesOptions<TDefinitions>,
): Tables<TDefinitions> {
  const { tableSet, ...context } = options;
  const made = new Map<string, object>();
  const tables = {};
  for (const [name, table] of tableSet.tables) {
    Object.defineProperty(tables, name, {
      enumerable: true,
      get() {
        const known = made.get(name) ?? createTable(table, context);
        made.set(name, known);
        return known;
      },
    });
  }
  // Each definition has its table; the types of the fields are checked at run time by the same definitions.
  return tables as Tables<TDefinitions>;
}
