import type { Call } from "../shared/call.js";
import type { Alarms } from "./alarms.js";
import { createChangeLogPruner, type ChangeLogRetention } from "./change-log-retention.js";
import { createLifetime, type ObjectSchema } from "./lifetime.js";
import { createChangeHub, type ChangeHub } from "./sockets/change-hub.js";
import { createChangeSource } from "./sockets/change-source.js";
import type { LiveCall } from "./sockets/open-result.js";
import { createChangeLog } from "./storage/create-change-log.js";
import { createTables } from "./storage/create-tables.js";
import { prepareConnection } from "./storage/prepare-connection.js";
import type { TableSet } from "./storage/table-set.js";

export interface OwnerStorageOptions {
  readonly storage: DurableObjectStorage;
  readonly tableSet: TableSet;
  /** The framework's own tables in this kind of object: statements that may run again. */
  readonly frameworkTables: readonly string[];
  readonly retention: Required<ChangeLogRetention>;
  readonly alarms: Alarms;
}

/** What an owner's object stores: the framework's tables, the app's, and the log of their changes. */
export function createOwnerStorage(options: OwnerStorageOptions) {
  const { storage, tableSet, frameworkTables, retention, alarms } = options;
  const { sql } = storage;
  const schema: ObjectSchema = {
    install(target) {
      for (const statement of frameworkTables) target.exec(statement);
      tableSet.install(target);
    },
    update(target) {
      // A table that a newer version of the framework adds; those that are there stay as they are.
      for (const statement of frameworkTables) target.exec(statement);
      tableSet.update(target);
    },
    fingerprint: `${frameworkTables.length} ${tableSet.fingerprint}`,
  };
  prepareConnection(sql);
  const lifetime = createLifetime(storage, schema);
  const pruner = createChangeLogPruner({ sql, retention, isBorn: lifetime.isBorn, arm: alarms.arm });
  alarms.register(pruner.wakeUp);
  let hub: ChangeHub | undefined;

  const liveHub = (): ChangeHub =>
    (hub ??= createChangeHub({ log: createChangeLog(sql), rows: (table, ids) => tableSet.rowsById(sql, table, ids) }));

  return {
    lifetime,
    hub: liveHub,

    /** The app's tables, as one call sees them. */
    tables: (call?: Pick<Call, "lastEventId">, live?: LiveCall): object =>
      createTables({
        sql,
        transactionSync: (work) => storage.transactionSync(work),
        tableSet,
        onWrite(rows) {
          // Nobody listens before somebody asked for the hub, and from then on it knows the newest entry.
          hub?.poke();
          pruner.onWrite(rows);
        },
        changes: (table, { signal }) =>
          createChangeSource({
            hub: liveHub(),
            description: { table, after: call?.lastEventId },
            signals: [signal, live?.signal].filter((each) => each !== undefined),
            onListen: live?.onListen,
            startOf: live?.startOf,
          }),
      }),

    /** Runs synchronous work all or nothing. An `async` piece of work is covered up to its first `await`. */
    atomic: <TResult>(work: () => TResult): TResult => storage.transactionSync(work),

    /** Tells what was written past the tables, straight on the storage. */
    settle: (): void => (lifetime.isBorn() ? hub?.flush() : undefined),
  };
}
