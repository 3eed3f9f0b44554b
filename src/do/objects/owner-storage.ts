import type { Kv } from "../../router/kv/kv-api.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import type { Call } from "../../shared/call.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { createChangeLogPruner, type ChangeLogRetention } from "../change-log/change-log-retention.js";
import { createKv } from "../kv/create-kv.js";
import { createKvExpiry } from "../kv/kv-expiry.js";
import { createKvStore } from "../kv/kv-store.js";
import { KV_TABLE } from "../kv/kv-table.js";
import { toKvChange } from "../kv/to-kv-change.js";
import { toKvEntry } from "../kv/kv-value.js";
import { createLifecycle, type AppSchema } from "../lifecycle/lifecycle.js";
import { createChangeHub, type ChangeHub } from "../change-log/change-hub.js";
import { createChangeSource } from "../change-log/change-source.js";
import type { RowFilter } from "../change-log/row-filter.js";
import type { StreamScope } from "../sockets/stream-scope.js";
import type { TableProblems } from "../tables/schema/apply-plan.js";
import { createChangeLog } from "../change-log/create-change-log.js";
import { createDatabase } from "../tables/create-database.js";
import type { FrameworkSchema } from "../tables/schema/framework-schema.js";
import { createTables } from "../tables/create-tables.js";
import { recordedSql } from "../tables/reads/recorded-sql.js";
import { prepareConnection } from "../tables/schema/change-log-sql.js";
import type { TableSet } from "../tables/table-set.js";
import { watchWrites } from "../tables/watch-writes.js";

export interface OwnerStorageOptions {
  readonly storage: DurableObjectStorage;
  readonly tableSet: TableSet;
  /** The framework's own tables in this kind of object. */
  readonly framework: FrameworkSchema;
  /** What declared keys hold. */
  readonly kvSchemas: KvSchemas;
  readonly retention: Required<ChangeLogRetention>;
  readonly alarms: Alarms;
  /** Told after each turn in which something was written, by whomever: what was read before may not hold. */
  readonly onWritten?: () => void;
}

/** Who listens, and until when. */
interface Listening {
  readonly call: Pick<Call, "lastEventId"> | undefined;
  readonly live: StreamScope | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What an owner's object stores: the framework's tables, the app's, and the log of their changes. */
export function createOwnerStorage(options: OwnerStorageOptions) {
  const { storage, tableSet, framework, kvSchemas, retention, alarms, onWritten } = options;
  const sql = recordedSql(storage.sql);
  let problems: TableProblems = new Map();
  const schema: AppSchema = {
    install: tableSet.install,
    update(target) {
      problems = tableSet.update(target);
      return problems.size === 0;
    },
    fingerprint: tableSet.fingerprint,
  };
  prepareConnection(sql);
  const lifetime = createLifecycle({ storage, framework, app: schema });
  const pruner = createChangeLogPruner({ sql, retention, isInitialized: lifetime.isInitialized, arm: alarms.arm });
  alarms.register(pruner.wakeUp);
  let hub: ChangeHub | undefined;
  const writes = watchWrites(storage.sql, () => {
    onWritten?.();
    // Nobody listens before somebody asked for the hub, and from then on it knows the newest entry.
    if (lifetime.isInitialized()) hub?.flush();
  });

  const liveHub = (): ChangeHub =>
    (hub ??= createChangeHub({
      log: createChangeLog(sql),
      rows: (table, ids) => (table === KV_TABLE ? kvEntries(ids) : tableSet.rowsById(sql, table, ids)),
      sizes: (table, ids) => (table === KV_TABLE ? kvStore.sizesOf(ids) : tableSet.rowSizes(sql, table, ids)),
      present: (table, change) => (table === KV_TABLE ? toKvChange(change) : change),
    }));

  const kvStore = createKvStore(sql);
  const kvEntries = (keys: readonly string[]): Map<string, unknown> =>
    new Map(kvStore.readSome(keys, Date.now()).map((entry) => [entry.key, toKvEntry(entry)]));
  alarms.register(createKvExpiry({ store: kvStore, isInitialized: lifetime.isInitialized }));

  /** The changes of a table, for a subscriber. */
  const changes = (table: string, rows: RowFilter | undefined, { call, live, signal }: Listening) =>
    createChangeSource({
      hub: liveHub(),
      description: { table, rows, after: call?.lastEventId },
      signals: [signal, live?.signal].filter((each) => each !== undefined),
      onListen: live?.onListen,
      startOf: live?.startOf,
    });

  const transactionSync = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);

  let database: object | undefined;

  return {
    lifetime,
    hub: liveHub,

    /** Brings what is stored up to date. @returns errors that concern single tables, which then refuse every call */
    start(): readonly Error[] {
      lifetime.update();
      return Array.from(problems.values(), (message) => new Error(message));
    },

    /** The app's tables for reading all that is stored, also from those that refuse calls. */
    readableTables: (): object =>
      createTables({
        sql,
        transactionSync,
        tableSet,
        onWrite() {},
        changes: (table, { signal }) => changes(table, undefined, { call: undefined, live: undefined, signal }),
      }),

    /** The app's tables, as one call sees them. */
    tables: (call?: Pick<Call, "lastEventId">, live?: StreamScope): object =>
      createTables({
        sql,
        transactionSync,
        tableSet,
        problems,
        onWrite: pruner.onWrite,
        changes: (table, { signal }) => changes(table, undefined, { call, live, signal }),
      }),

    /** The owner's keys and values, as one call sees them. */
    kv: (call?: Pick<Call, "lastEventId">, live?: StreamScope, pageBytes?: number): Kv =>
      createKv({
        store: kvStore,
        schemas: kvSchemas,
        transactionSync,
        ...(pageBytes !== undefined && { pageBytes }),
        onWrite(expiresAt) {
          pruner.onWrite(1);
          // Only the first to expire moves the alarm.
          if (expiresAt !== undefined && kvStore.nextExpiry() === expiresAt) alarms.arm();
        },
        changes: (rows, { signal }) => changes(KV_TABLE, rows, { call, live, signal }),
      }),

    /** How many bytes rows of a table take, by id. */
    rowSizes: (table: string, ids: readonly string[]) => tableSet.rowSizes(sql, table, ids),

    /** Rows as they are stored, by id and column; `undefined` for a table that is not the app's. */
    storedRows: (table: string, ids: readonly string[]) => tableSet.storedRows(sql, table, ids),

    /** Kysely over the same tables. */
    database: (): object => (database ??= createDatabase({ sql, onWrite: pruner.onWrite })),

    /** Runs synchronous work all or nothing. An `async` piece of work is covered up to its first `await`. */
    atomic: transactionSync,

    /** Tells what was written in this turn now, rather than at its end. */
    settle: writes.flush,
  };
}

export type OwnerStorage = ReturnType<typeof createOwnerStorage>;
