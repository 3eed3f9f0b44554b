import type { Events } from "../../router/events/events-api.js";
import type { Presence } from "../../router/presence/presence-api.js";
import type { Kv } from "../../router/kv/kv-api.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Owner } from "../../shared/owner.js";
import type { ImportedData, ImportOutcome } from "../../shared/import-requests.js";
import type { SchemaVersion } from "../../shared/directory.js";
import { createChangeLogPruner } from "../change-log/change-log-retention.js";
import { callIdOf } from "../idempotency/call-id.js";
import { createIdempotencyPruner } from "../idempotency/idempotency-pruner.js";
import { createIdempotencyStore } from "../idempotency/idempotency-store.js";
import { createKeyedCalls } from "../idempotency/keyed-calls.js";
import { createLastCalls } from "../idempotency/last-calls.js";
import { EVENTS_TABLE, toEventMessage } from "../events/event-store.js";
import { createOwnerEvents } from "../events/owner-events.js";
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
import { createOwnerSchedules } from "../schedule/owner-schedules.js";
import { createOwnerPresence } from "../presence/owner-presence.js";
import { PRESENCE_TABLE } from "../presence/create-presence.js";
import { importData } from "../operators/import-data.js";
import type { ObjectEnvironment } from "./object-handler.js";
import type { StreamScope } from "../sockets/stream-scope.js";
import type { TableProblems } from "../tables/schema/apply-plan.js";
import { createChangeLog } from "../change-log/create-change-log.js";
import { createDatabase } from "../tables/create-database.js";
import type { FrameworkSchema } from "../tables/schema/framework-schema.js";
import { createTables } from "../tables/create-tables.js";
import { recordedSql } from "../tables/reads/recorded-sql.js";
import { prepareConnection } from "../tables/schema/change-log-sql.js";
import { watchWrites } from "../tables/watch-writes.js";

export interface OwnerStorageOptions {
  readonly environment: ObjectEnvironment;
  readonly owner: Owner["type"];
  /** The framework's own tables in this kind of object. */
  readonly framework: FrameworkSchema;
  /** Whether no schedule runs for now: the account is suspended, or its owner does not exist. */
  readonly isPaused: () => boolean;
  /** Called after each turn with writes, for example to clear caches. */
  readonly onWritten?: () => void;
  /** Called at the start, after the tables of another version were upgraded. */
  readonly onUpgraded?: () => void;
}

/** A call, and its scope, which is created when it is first needed. */
export interface OpenCall {
  readonly call: Pick<Call, "lastEventId">;
  readonly scope: () => StreamScope;
}

/** The call that reads changes, and the signal that ends the iteration. */
interface ChangesOptions {
  readonly call: OpenCall["call"] | undefined;
  readonly scope: OpenCall["scope"] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Creates the storage of an owner: the tables of the framework and the app, and the change log. */
export function createOwnerStorage(options: OwnerStorageOptions) {
  const { environment, owner, framework, isPaused, onWritten, onUpgraded } = options;
  const { state, app, address, alarms, identity } = environment;
  const { storage } = state;
  const tableSet = app.tables[owner];
  const { app: definition, appJurisdiction } = app.definition;
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
  const lifecycle = createLifecycle({ storage, framework, app: schema, appJurisdiction });
  const { isInitialized } = lifecycle;
  const pruner = createChangeLogPruner({ sql, retention: app.retention, isInitialized, arm: alarms.arm });
  alarms.register(pruner.task);
  let hub: ChangeHub | undefined;
  const writes = watchWrites(storage.sql, () => {
    onWritten?.();
    // Before the hub exists, there are no listeners. It starts at the newest entry.
    if (isInitialized()) hub?.flush();
    // After the stored changes of the turn, so that listeners have the cursor of all of them.
    ownerEvents.announce(hub);
  });
  // Only writes depend on the options of the connection, so a call that only reads does not set them.
  writes.beforeNextWrite(() => prepareConnection(storage.sql));

  const getHub = (): ChangeHub =>
    (hub ??= createChangeHub({
      log: createChangeLog(sql),
      beforeNextWrite: writes.beforeNextWrite,
      snapshots: presence.snapshots,
      rows(table, ids) {
        if (table === KV_TABLE) return kvEntries(ids);
        return table === EVENTS_TABLE ? ownerEvents.store.read(ids) : tableSet.rowsById(sql, table, ids);
      },
      sizes(table, ids) {
        if (table === KV_TABLE) return kvStore.sizesOf(ids);
        return table === EVENTS_TABLE ? ownerEvents.store.sizesOf(ids) : tableSet.rowSizes(sql, table, ids);
      },
      present(table, change) {
        if (table === KV_TABLE) return toKvChange(change);
        return table === EVENTS_TABLE ? toEventMessage(change) : change;
      },
    }));

  const presence = createOwnerPresence({
    state,
    schema: definition.presence?.[owner],
    isInitialized,
    graceMs: app.presence.gracePeriod * 1_000,
    alarms,
    hub: () => hub,
    store: environment.setPresence,
  });

  const ownerEvents = createOwnerEvents({
    storage,
    sql,
    definitions: definition.events?.[owner],
    onStore(bytes) {
      pruner.onWrite(1);
      pruner.onEvent(bytes);
    },
    schedule: writes.prepareWrite,
  });

  const kvStore = createKvStore(sql);
  const kvEntries = (keys: readonly string[]): Map<string, unknown> =>
    new Map(kvStore.readSome(keys, Date.now()).map((entry) => [entry.key, toKvEntry(entry)]));
  alarms.register(createKvExpiry({ store: kvStore, isInitialized }));
  const onKvWrite = (expiresAt: number | undefined): void => {
    pruner.onWrite(1);
    // The alarm is set for the first key that expires.
    if (expiresAt !== undefined && kvStore.nextExpiry() === expiresAt) alarms.arm();
  };

  // The tables are not logged, so live queries do not record their statements.
  const store = createIdempotencyStore(storage.sql);
  const lastCalls = createLastCalls({ store, kv: storage.kv });
  const idempotencyPruner = createIdempotencyPruner({ store, isInitialized, arm: alarms.arm });
  alarms.register(idempotencyPruner.task);

  /** Returns the changes of a table as an async iterable. */
  const changes = (table: string, rows: RowFilter | undefined, { call, scope, signal }: ChangesOptions) => {
    const opened = scope?.();
    return createChangeSource({
      hub: getHub(),
      description: { table, rows, after: call?.lastEventId },
      signals: [signal, opened?.signal].filter((each) => each !== undefined),
      onListen: opened && ((name) => opened.onListen(name)),
      startOf: opened && ((name) => opened.startOf(name)),
      isResumed: opened?.isResumed,
    });
  };

  const transactionSync = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);

  const { schedules, connectSchedules } = createOwnerSchedules({
    sql,
    router: app.router,
    address,
    limits: app.schedules,
    isInitialized,
    isPaused,
    transaction: transactionSync,
    alarms,
    wasCommitted: (key) => store.find(callIdOf({ type: "system" }, key))?.state === "committed",
    onError: app.onError,
  });

  let database: object | undefined;

  return {
    lifecycle,
    /** SQL storage that records which tables a live query reads. */
    sql,
    hub: getHub,
    keyedCalls: createKeyedCalls({
      store,
      lastCalls,
      pruner: idempotencyPruner,
      secret: () => identity().secrets.index,
      isInitialized,
    }),
    /** The calls with idempotency keys that deleted the object. */
    lastCalls,

    /** Upgrades the stored schema. @returns errors of single tables, which then refuse every call */
    start(): readonly Error[] {
      if (lifecycle.update()) onUpgraded?.();
      // Most objects have no problems.
      return problems.size === 0 ? [] : Array.from(problems.values(), (message) => new Error(message));
    },

    schemaVersion: (): SchemaVersion => ({ framework: framework.version, app: tableSet.version }),

    /** The app's tables for an export, which also reads tables that refuse calls. */
    readableTables: (): object =>
      createTables({
        sql,
        transactionSync,
        tableSet,
        onWrite() {},
        changes: (table, { signal }) => changes(table, undefined, { call: undefined, scope: undefined, signal }),
      }),

    /** The app's tables for one call, or for the app's own code without a caller. */
    tables: (call?: OpenCall["call"], scope?: OpenCall["scope"], caller?: Caller): object =>
      createTables({
        setsTimes: caller === undefined || caller.type === "system",
        sql,
        transactionSync,
        tableSet,
        problems,
        onWrite: pruner.onWrite,
        changes: (table, { signal }) => changes(table, undefined, { call, scope, signal }),
      }),

    /** The key-value store for one call. */
    kv: (call?: OpenCall["call"], scope?: OpenCall["scope"], pageBytes?: number): Kv =>
      createKv({
        store: kvStore,
        schemas: definition.kv,
        transactionSync,
        ...(pageBytes !== undefined && { pageBytes }),
        onWrite: onKvWrite,
        changes: (rows, { signal }) => changes(KV_TABLE, rows, { call, scope, signal }),
      }),

    /** The events for one call, or for the app's own code without a caller. */
    events: (call?: OpenCall["call"], scope?: OpenCall["scope"]): Events<never> =>
      ownerEvents.events((rows, { signal }) => changes(EVENTS_TABLE, rows, { call, scope, signal })),

    /** Who is connected, for one call. */
    presence: (call?: OpenCall["call"], scope?: OpenCall["scope"]): Presence<never> =>
      presence.presence((signal) => changes(PRESENCE_TABLE, undefined, { call, scope, signal })),

    /** The presence of the connections of one caller. */
    presenceService: presence.service,
    /** Tracks the sockets; `undefined` without presence. */
    presenceTracker: presence.tracker,

    /** The number of events that slow readers have missed since the object started. */
    droppedEvents: (): number => hub?.transients.dropped() ?? 0,

    /** Stores rows and keys of an import. */
    importData: (records: readonly ImportedData[]): ImportOutcome[] =>
      importData(
        {
          sql,
          tables: tableSet.tables,
          problems,
          kv: { store: kvStore, schemas: definition.kv, onWrite: onKvWrite },
          transactionSync,
          onWrite: pruner.onWrite,
        },
        records,
      ),

    /** The stored sizes of rows, in bytes, by id. */
    rowSizes: (table: string, ids: readonly string[]) => tableSet.rowSizes(sql, table, ids),

    /** Rows as stored, by id and column; `undefined` for a table that does not belong to the app. */
    storedRows: (table: string, ids: readonly string[]) => tableSet.storedRows(sql, table, ids),

    schedules,
    connectSchedules,

    /** Kysely over the app's tables. */
    database: (): object => (database ??= createDatabase({ sql, onWrite: pruner.onWrite })),

    /** Runs synchronous work in a transaction. An async function is covered up to its first `await` only. */
    atomic: transactionSync,

    /** Notifies listeners of writes immediately, and not at the end of the turn. */
    flushWrites: writes.flush,

    /** Calls back before the next write. */
    beforeNextWrite: writes.beforeNextWrite,
  };
}

export type OwnerStorage = ReturnType<typeof createOwnerStorage>;
