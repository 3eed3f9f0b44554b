import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Tables } from "../../../src/router/schema/table-api.js";
import type { TableDefinitions } from "../../../src/router/schema/table.js";
import { type ChangeLog, createChangeLog } from "../../../src/do/change-log/create-change-log.js";
import { createTables } from "../../../src/do/tables/create-tables.js";
import { prepareConnection } from "../../../src/do/tables/schema/change-log-sql.js";
import { createTableSet, type TableSet } from "../../../src/do/tables/table-set.js";

export interface Storage<TDefinitions extends TableDefinitions> {
  readonly tables: Tables<TDefinitions>;
  readonly tableSet: TableSet<TDefinitions>;
  readonly log: ChangeLog;
  readonly storage: DurableObjectStorage;
  readonly sql: SqlStorage;
  /** How often the tables reported a write. */
  readonly writes: () => number;
}

/**
 * Runs a test in a new Durable Object that has some tables, on its real storage.
 *
 * @param setsTimes whether the tables are those of the app itself, which sets the times of new rows
 */
export function withTables<TDefinitions extends TableDefinitions, TResult>(
  definitions: TDefinitions,
  run: (storage: Storage<TDefinitions>) => TResult,
  { setsTimes = false } = {},
): Promise<TResult> {
  return runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), (_, { storage }) => {
    const { sql } = storage;
    let writes = 0;
    prepareConnection(sql);
    const tableSet = createTableSet(definitions);
    storage.transactionSync(() => tableSet.install(sql));
    const tables = createTables({
      sql,
      transactionSync: (work) => storage.transactionSync(work),
      tableSet,
      setsTimes,
      onWrite: () => void writes++,
      changes: () => {
        throw new Error("No changes in this test.");
      },
    });
    return run({ tables, tableSet, log: createChangeLog(sql), storage, sql, writes: () => writes });
  });
}
