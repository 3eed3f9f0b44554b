import type { FrameworkSchema } from "../tables/schema/framework-schema.js";

/** The app's tables in objects of one kind. */
export interface AppSchema {
  /** Creates all of them. Runs inside the transaction that creates the object. */
  install(sql: SqlStorage): void;
  /**
   * Brings stored tables up to date. Runs inside a transaction, and only when the fingerprint differs.
   *
   * @returns whether all of it could be done; if not, the next start tries again
   */
  update(sql: SqlStorage): boolean;
  /** Changes whenever the tables do. */
  readonly fingerprint: string;
}

export interface LifecycleOptions {
  readonly storage: DurableObjectStorage;
  readonly framework: FrameworkSchema;
  /** @default none: the object stores nothing of the app */
  readonly app?: AppSchema;
}

/** Which schema an object has: the number of the framework's last step, and the fingerprint of all statements. */
interface StoredSchema {
  readonly version: number;
  readonly fingerprint: string;
}

/** Ends the fingerprint of a schema of which a part is missing. It equals that of no version. */
const INCOMPLETE = "(incomplete)";

/**
 * Whether an object has been born. Naming an object is enough to wake it, so being awake must store nothing: only
 * a sign-up, a new organization or a reservation gives it its schema.
 */
export function createLifecycle({ storage, framework, app }: LifecycleOptions) {
  const { sql } = storage;
  const fingerprint = app ? `${framework.fingerprint} ${app.fingerprint}` : framework.fingerprint;
  let stored = readStoredSchema(sql);
  let initialized = stored !== undefined;

  return {
    isInitialized: (): boolean => initialized,

    /** Gives the object its schema if it has none, and runs `work`: both, or neither. */
    initialize<TResult>(work: () => TResult): TResult {
      const before = initialized;
      try {
        return storage.transactionSync(() => {
          if (!initialized) {
            sql.exec("CREATE TABLE _object (fingerprint TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0) STRICT");
            const { version } = framework;
            sql.exec("INSERT INTO _object (fingerprint, version) VALUES (?, ?)", fingerprint, version);
            framework.install(sql);
            app?.install(sql);
            // So that `work` already finds it so: what it stores may have to wake the object later.
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
     * Brings a stored schema to this version: first the framework's own tables, which stay up to date even when
     * the app's tables cannot follow. Costs nothing when the schema is of this version.
     */
    update(): void {
      if (stored === undefined) return;
      const { version } = stored;
      if (version >= framework.version && stored.fingerprint === fingerprint) return;
      storage.transactionSync(() => {
        addVersionColumn(sql);
        framework.upgrade(storage, version);
        // After a rollback the steps of the newer version stay done.
        sql.exec("UPDATE _object SET version = ?", Math.max(version, framework.version));
      });
      storage.transactionSync(() => {
        // The steps that ran have changed the schema, so the version before has to check it as well.
        const reached = (app?.update(sql) ?? true) ? fingerprint : `${fingerprint} ${INCOMPLETE}`;
        sql.exec("UPDATE _object SET fingerprint = ?", reached);
      });
      stored = { version: framework.version, fingerprint };
    },

    /**
     * Takes the object back to before its birth: nothing of it remains but what `leave` writes, in the same turn. So a
     * stop finds all of the object, or what it leaves.
     */
    async erase(leave?: () => void): Promise<void> {
      initialized = false;
      const erased = storage.deleteAll();
      leave?.();
      await erased;
      // The alarm goes last: a stop in between would leave all of it behind with nothing to wake the object again.
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
    // All columns, since earlier versions have no `version`.
    const { fingerprint, version = 0 } = sql.exec("SELECT * FROM _object").one();
    return { fingerprint: String(fingerprint), version: Number(version) };
  } catch (error) {
    // Asked at every start, so without a look at the schema first.
    if (String(error).includes("no such table: _object")) return undefined;
    throw error;
  }
}
