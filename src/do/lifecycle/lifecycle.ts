import { ConfigurationError } from "../../shared/configuration-error.js";
import type { Jurisdiction } from "../../shared/jurisdiction.js";
import { inSpan } from "../../shared/tracing.js";
import type { FrameworkSchema } from "../tables/schema/framework-schema.js";

/** The app's tables in objects of one kind. */
export interface AppSchema {
  /** Creates the tables. Runs inside the transaction that initializes the object. */
  install(sql: SqlStorage): void;
  /**
   * Upgrades stored tables. Runs inside a transaction, and only when the fingerprint differs.
   *
   * @returns whether all tables were upgraded; if not, the next start retries
   */
  update(sql: SqlStorage): boolean;
  /** Identifies the definitions of the tables. */
  readonly fingerprint: string;
}

export interface LifecycleOptions {
  readonly storage: DurableObjectStorage;
  readonly framework: FrameworkSchema;
  /** @default none, for an object without tables of the app */
  readonly app?: AppSchema;
  /**
   * The jurisdiction of the objects that all users share. A new object stores it, and compares it when it starts: after a change
   * of the setting, these objects would be empty.
   * @default not stored
   */
  readonly appJurisdiction?: Jurisdiction | undefined;
}

/** The schema of an object: the number of the last step of the framework, and the fingerprint of all statements. */
interface StoredSchema {
  readonly version: number;
  readonly fingerprint: string;
  readonly appJurisdiction: string | undefined;
}

/** Ends the fingerprint of an incomplete schema, so that it differs from that of every version. */
const INCOMPLETE = "(incomplete)";

/**
 * Initializes an object, upgrades its schema and erases it. Any name creates a Durable Object, so an object stores nothing
 * when it starts: only a sign-up, a new organization or a reservation initializes it.
 */
export function createLifecycle({ storage, framework, app, appJurisdiction }: LifecycleOptions) {
  const { sql } = storage;
  const fingerprint = app ? `${framework.fingerprint} ${app.fingerprint}` : framework.fingerprint;
  let stored = readStoredSchema(sql);
  let initialized = stored !== undefined;

  function upgrade(version: number): void {
    storage.transactionSync(() => {
      addVersionColumn(sql);
      framework.upgrade(storage, version);
      // After a rollback the number of the newer version stays, because its steps have run.
      sql.exec("UPDATE _object SET version = ?", Math.max(version, framework.version));
    });
    storage.transactionSync(() => {
      // Also changes if a table was not upgraded, so that after a rollback the previous version checks the schema again.
      const upgraded = (app?.update(sql) ?? true) ? fingerprint : `${fingerprint} ${INCOMPLETE}`;
      sql.exec("UPDATE _object SET fingerprint = ?", upgraded);
    });
    stored = { version: framework.version, fingerprint, appJurisdiction };
  }

  return {
    isInitialized: (): boolean => initialized,

    /** The number of the last step of the framework's schema that has run. */
    schemaVersion: (): number => readStoredSchema(sql)?.version ?? 0,

    /** Creates the schema if there is none, and runs `work` in the same transaction. */
    initialize<TResult>(work: () => TResult): TResult {
      const before = initialized;
      try {
        return storage.transactionSync(() => {
          if (!initialized) {
            sql.exec("CREATE TABLE _object (fingerprint TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0) STRICT");
            const { version } = framework;
            sql.exec("INSERT INTO _object (fingerprint, version) VALUES (?, ?)", fingerprint, version);
            // Objects of an app without the setting have no such column.
            if (appJurisdiction !== undefined) {
              sql.exec("ALTER TABLE _object ADD COLUMN app_jurisdiction TEXT");
              sql.exec("UPDATE _object SET app_jurisdiction = ?", appJurisdiction);
            }
            framework.install(sql);
            app?.install(sql);
            // Set before `work`, which can set the alarm and needs an initialized object for it.
            initialized = true;
          }
          return work();
        });
      } catch (error) {
        initialized = before;
        throw error;
      }
    },

    /**
     * Upgrades a stored schema to this version. The framework's tables come first, in a transaction of their own, so that
     * they are upgraded even if the upgrade of the app's tables fails.
     *
     * @returns whether the schema was of another version
     * @throws ConfigurationError if the jurisdiction of the app has changed
     */
    update(): boolean {
      if (stored === undefined) return false;
      if (stored.appJurisdiction !== appJurisdiction)
        throw changedJurisdiction(stored.appJurisdiction, appJurisdiction);
      const { version } = stored;
      if (version >= framework.version && stored.fingerprint === fingerprint) return false;
      inSpan("userdo.migration", { "userdo.from_version": version, "userdo.to_version": framework.version }, () =>
        upgrade(version),
      );
      return true;
    },

    /**
     * Deletes all storage of the object, which is then no longer initialized.
     *
     * @param leave writes the data that remains. It runs in the same turn, so that a crash cannot lose both
     */
    async erase(leave?: () => void): Promise<void> {
      initialized = false;
      const erased = storage.deleteAll();
      leave?.();
      await erased;
      // The alarm is deleted last: after a crash in between, it would wake the object to finish the deletion.
      if (!leave) await storage.deleteAlarm();
    },
  };
}

/** Earlier versions had no numbered steps, and created `_object` without the column. */
function addVersionColumn(sql: SqlStorage): void {
  const columns = sql.exec("SELECT name FROM pragma_table_info('_object')").toArray();
  if (columns.some(({ name }) => name === "version")) return;
  sql.exec("ALTER TABLE _object ADD COLUMN version INTEGER NOT NULL DEFAULT 0");
}

function readStoredSchema(sql: SqlStorage): StoredSchema | undefined {
  try {
    // All columns, because earlier versions have no column `version`, and most apps no `app_jurisdiction`.
    const { fingerprint, version = 0, app_jurisdiction: jurisdiction = null } = sql.exec("SELECT * FROM _object").one();
    const appJurisdiction = jurisdiction === null ? undefined : String(jurisdiction);
    return { fingerprint: String(fingerprint), version: Number(version), appJurisdiction };
  } catch (error) {
    // A query of the schema first would cost time at every start.
    if (String(error).includes("no such table: _object")) return undefined;
    throw error;
  }
}

function changedJurisdiction(before: string | undefined, now: string | undefined): ConfigurationError {
  const [old, changed] = [before, now].map((each) => (each === undefined ? "none" : `"${each}"`));
  return new ConfigurationError(
    `\`appJurisdiction\` is ${changed}, but this object was created when it was ${old}. The index of email addresses and the ` +
      "data of the app are still there. Set `appJurisdiction` back. Nothing was changed.",
  );
}
