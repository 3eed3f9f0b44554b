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

type TablesOfCall = TableContext & Pick<CreateTablesOptions<TableDefinitions>, "problems">;

const CALL = Symbol("trpc-userdo.tables");

/** The tables of one call. The class of each table set has a getter for each table. */
class CallTables {
  static {
    // A table can have any name.
    Object.setPrototypeOf(this.prototype, null);
    Reflect.deleteProperty(this.prototype, "constructor");
  }

  /** Not a private field, because a proxy of the tables, or an object that inherits from them, would not have it. */
  readonly [CALL]: TablesOfCall;

  constructor(call: TablesOfCall) {
    this[CALL] = call;
  }

  static createGetter(name: string, table: PreparedTable): (this: CallTables) => unknown {
    return function get() {
      const call = this[CALL];
      const message = call.problems?.get(name);
      if (message !== undefined) {
        throw new ReasonedError({ code: "SERVICE_UNAVAILABLE", reason: "UPGRADE_FAILED", message });
      }
      const value = createTable(table, call);
      Object.defineProperty(this, name, { enumerable: true, value });
      return value;
    };
  }
}

/** The class of each table set. It is shared, because creating it for each call is slow. */
const classes = new WeakMap<object, typeof CallTables>();

/**
 * Creates the tables of one object for one call. Each table is created when it is first accessed.
 *
 * @returns tables whose access throws a ReasonedError SERVICE_UNAVAILABLE (UPGRADE_FAILED) if they cannot be used
 */
export function createTables<TDefinitions extends TableDefinitions>(
  options: CreateTablesOptions<TDefinitions>,
): Tables<TDefinitions> {
  const { tableSet } = options;
  let Tables = classes.get(tableSet);
  if (!Tables) classes.set(tableSet, (Tables = createClass(tableSet.tables)));
  // The class has a getter for each definition, with the type of that definition.
  return new Tables(options) as object as Tables<TDefinitions>;
}

function createClass(tables: ReadonlyMap<string, PreparedTable>): typeof CallTables {
  class Tables extends CallTables {}
  Reflect.deleteProperty(Tables.prototype, "constructor");
  for (const [name, table] of tables)
    Object.defineProperty(Tables.prototype, name, { enumerable: true, get: CallTables.createGetter(name, table) });
  return Tables;
}
