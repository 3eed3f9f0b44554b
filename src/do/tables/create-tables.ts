import { ReasonedError } from "../../router/reasoned-error.js";
import type { Tables } from "../../router/schema/table-api.js";
import type { TableDefinitions } from "../../router/schema/table.js";
import type { TableProblems } from "./schema/apply-plan.js";
import { createTable } from "./create-table.js";
import type { PreparedTable } from "./prepared-table.js";
import type { TableContext } from "./table-context.js";
import type { TableSet } from "./table-set.js";

export interface CreateTablesOptions<TDefinitions extends TableDefinitions> extends TableContext {
  readonly tableSet: TableSet<TDefinitions>;
  /**
   * The error messages of tables that cannot be used. Every access to such a table throws.
   * @default none
   */
  readonly problems?: TableProblems;
}

const CONTEXT = Symbol("trpc-userdo.tables");

interface TablesOfCall {
  readonly [CONTEXT]: TableContext & { readonly problems?: TableProblems };
}

/**
 * The prototype of each table set, with a getter for each table. It is shared, because creating it for each call is
 * slow.
 */
const prototypes = new WeakMap<object, object>();

/**
 * Creates the tables of one object for one call. Each table is created when it is first accessed.
 *
 * @returns tables whose access throws a ReasonedError SERVICE_UNAVAILABLE (UPGRADE_FAILED) if they cannot be used
 */
export function createTables<TDefinitions extends TableDefinitions>(
  options: CreateTablesOptions<TDefinitions>,
): Tables<TDefinitions> {
  const { tableSet, ...context } = options;
  const prototype = prototypes.get(tableSet) ?? createPrototype(tableSet.tables);
  prototypes.set(tableSet, prototype);
  // The prototype has a table for each definition, with the type of that definition.
  return Object.create(prototype, { [CONTEXT]: { value: context } }) as Tables<TDefinitions>;
}

function createPrototype(tables: ReadonlyMap<string, PreparedTable>): object {
  const prototype: object = Object.create(null) as object;
  for (const [name, table] of tables) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: TablesOfCall) {
        const { problems, ...context } = this[CONTEXT];
        const message = problems?.get(name);
        if (message !== undefined) {
          throw new ReasonedError({ code: "SERVICE_UNAVAILABLE", reason: "UPGRADE_FAILED", message });
        }
        const value = createTable(table, context);
        Object.defineProperty(this, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return prototype;
}
