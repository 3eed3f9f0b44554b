import { TRPCError } from "@trpc/server";
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
   * Tables that refuse every call, with the reason.
   * @default none
   */
  readonly problems?: TableProblems;
}

const CONTEXT = Symbol("trpc-userdo.tables");

interface Bound {
  readonly [CONTEXT]: TableContext & { readonly problems?: TableProblems };
}

/** One object with a getter for each table, for all the calls there will be: defining them anew would cost each. */
const accessors = new WeakMap<object, object>();

/** The tables of one object, for one call. Cheap however many there are: a table is made when it is asked for. */
export function createTables<TDefinitions extends TableDefinitions>(
  options: CreateTablesOptions<TDefinitions>,
): Tables<TDefinitions> {
  const { tableSet, ...context } = options;
  const prototype = accessors.get(tableSet) ?? createAccessors(tableSet.tables);
  accessors.set(tableSet, prototype);
  // Each definition has its table, typed by the definition that it was made from.
  return Object.create(prototype, { [CONTEXT]: { value: context } }) as Tables<TDefinitions>;
}

function createAccessors(tables: ReadonlyMap<string, PreparedTable>): object {
  const prototype: object = Object.create(null) as object;
  for (const [name, table] of tables) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: Bound) {
        const { problems, ...context } = this[CONTEXT];
        const message = problems?.get(name);
        if (message !== undefined) throw new TRPCError({ code: "SERVICE_UNAVAILABLE", message });
        const value = createTable(table, context);
        Object.defineProperty(this, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return prototype;
}
