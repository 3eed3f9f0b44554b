/** What an object of one kind stores from its birth on. */
export interface ObjectSchema {
  /** Creates all of it. Runs inside the transaction of the birth. */
  install(sql: SqlStorage): void;
  /**
   * Brings a stored schema up to date. Runs inside a transaction, and only when the fingerprint differs.
   *
   * @returns whether all of it could be done; if not, the next start tries again
   */
  update(sql: SqlStorage): boolean;
  /** Changes whenever the schema does. */
  readonly fingerprint: string;
}

/**
 * Whether an object has been born. Naming an object is enough to wake it, so being awake must store nothing: only
 * a sign-up, a new organization or a reservation gives it its schema.
 */
export function createLifetime(storage: DurableObjectStorage, schema: ObjectSchema) {
  const { sql } = storage;
  let stored = readFingerprint(sql);
  let born = stored !== undefined;

  return {
    isBorn: (): boolean => born,

    /** Gives the object its schema if it has none, and runs `work`: both, or neither. */
    birth<TResult>(work: () => TResult): TResult {
      const before = born;
      try {
        return storage.transactionSync(() => {
          if (!born) {
            sql.exec("CREATE TABLE _object (fingerprint TEXT NOT NULL) STRICT");
            sql.exec("INSERT INTO _object VALUES (?)", schema.fingerprint);
            schema.install(sql);
            // So that `work` already finds it so: what it stores may have to wake the object later.
            born = true;
          }
          return work();
        });
      } catch (error) {
        born = before;
        throw error;
      }
    },

    /** Follows the app's definitions to where they are now. Costs nothing when they are where they were. */
    update(): void {
      if (stored === undefined || stored === schema.fingerprint) return;
      storage.transactionSync(() => {
        if (schema.update(sql)) sql.exec("UPDATE _object SET fingerprint = ?", schema.fingerprint);
      });
      stored = schema.fingerprint;
    },

    /**
     * Takes the object back to before its birth: nothing of it remains but what `leave` writes, in the same turn. So a
     * stop finds all of the object, or what it leaves.
     */
    async erase(leave?: () => void): Promise<void> {
      born = false;
      const erased = storage.deleteAll();
      leave?.();
      await erased;
      // The alarm goes last: a stop in between would leave all of it behind with nothing to wake the object again.
      if (!leave) await storage.deleteAlarm();
    },
  };
}

function readFingerprint(sql: SqlStorage): string | undefined {
  try {
    return String(sql.exec("SELECT fingerprint FROM _object").one()["fingerprint"]);
  } catch (error) {
    // Asked at every start, so without a look at the schema first.
    if (String(error).includes("no such table: _object")) return undefined;
    throw error;
  }
}
