/**
 * The state of a keyed mutation:
 *
 * - `running`: an async resolver started, and may have had effects
 * - `committed`: the effects are stored, the reply is not known yet
 * - `done`: the reply is stored, or was too large to be kept
 * - `failed`: the mutation may have had effects and ended with an error, which is stored unless it was too large
 */
export type CallState = "running" | "committed" | "done" | "failed";

/** Identifies a mutation and its repeats. */
export interface CallId {
  /** The user, or the kind of a caller that is not a user. */
  readonly caller: string;
  /** The session of the user, or how the caller was authenticated. */
  readonly session: string;
  readonly key: string;
}

/** A keyed mutation, as it is stored. */
export interface StoredCall {
  readonly path: string;
  /** The hash of the input. */
  readonly input: string;
  readonly state: CallState;
  /** The serialized result or error; `undefined` if there is none, or it was not kept. */
  readonly reply: string | undefined;
  /** The position in the change log after the writes of the mutation, if its reply had one. */
  readonly cursor: string | undefined;
}

/** The time of the row precedes the reply, so that pruning does not read long replies. */
export const idempotencySchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _idempotency (
    caller TEXT NOT NULL,
    session TEXT NOT NULL,
    key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    path TEXT NOT NULL,
    input TEXT NOT NULL,
    state TEXT NOT NULL,
    cursor TEXT,
    reply TEXT,
    PRIMARY KEY (caller, session, key)
  ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS _idempotency_prune (only INTEGER PRIMARY KEY CHECK (only = 1), due INTEGER NOT NULL) STRICT",
];

const FIND = "SELECT path, input, state, reply, cursor FROM _idempotency WHERE caller = ? AND session = ? AND key = ?";
const VALUES =
  "INTO _idempotency (caller, session, key, created_at, bytes, path, input, state, cursor, reply) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>;

/** Stores keyed mutations and their replies. */
export function createIdempotencyStore(sql: SqlStorage) {
  return {
    find({ caller, session, key }: CallId): StoredCall | undefined {
      const [row] = sql.exec(FIND, caller, session, key).toArray();
      return row && toStoredCall(row);
    },

    /** The newest successful mutations at some paths. */
    findByPaths: (paths: readonly string[], limit: number): (CallId & StoredCall)[] =>
      sql
        .exec(
          `SELECT caller, session, key, path, input, state, reply, cursor FROM _idempotency
           WHERE path IN (SELECT value FROM json_each(?)) AND state = 'done' ORDER BY created_at DESC LIMIT ?`,
          JSON.stringify(paths),
          limit,
        )
        .toArray()
        .map((row) => ({
          caller: String(row["caller"]),
          session: String(row["session"]),
          key: String(row["key"]),
          ...toStoredCall(row),
        })),

    /**
     * Stores a mutation.
     *
     * @param isFirst whether this is the first row for the id. If a row exists, the insert throws and rolls the transaction
     * back
     */
    put({ caller, session, key }: CallId, call: StoredCall, { isFirst }: { readonly isFirst: boolean }): void {
      const { path, input, state, cursor = null, reply = null } = call;
      const insert = isFirst ? "INSERT" : "INSERT OR REPLACE";
      const values = [Date.now(), bytesOf(call), path, input, state, cursor, reply];
      sql.exec(`${insert} ${VALUES}`, caller, session, key, ...values);
    },

    /** The number of stored mutations, and their approximate size in bytes. */
    measure(): { readonly count: number; readonly bytes: number } {
      const { count, bytes } = sql.exec("SELECT count(*) AS count, total(bytes) AS bytes FROM _idempotency").one();
      return { count: Number(count), bytes: Number(bytes) };
    },

    /** When the oldest mutation was stored, in milliseconds since the epoch. */
    oldest(): number | undefined {
      const { oldest } = sql.exec("SELECT min(created_at) AS oldest FROM _idempotency").one();
      return oldest === null ? undefined : Number(oldest);
    },

    deleteBefore: (time: number): void => void sql.exec("DELETE FROM _idempotency WHERE created_at < ?", time),

    /**
     * Deletes the oldest mutations until the limits hold. A caller with many mutations loses their own before those of others:
     * each row has a rank, the part of the limits that the newer rows of its caller use, and the highest ranks are deleted.
     */
    deleteAbove(maxCount: number, maxBytes: number): void {
      sql.exec(
        `WITH ranked AS (
             SELECT caller, session, key, created_at, bytes,
               max(count(*) OVER recent * 1.0 / ?1, sum(bytes) OVER recent * 1.0 / ?2) AS rank
             FROM _idempotency
             WINDOW recent AS (PARTITION BY caller ORDER BY created_at DESC, session, key ROWS UNBOUNDED PRECEDING)
           ),
           summed AS (
             SELECT caller, session, key, count(*) OVER lower AS number, sum(bytes) OVER lower AS size
             FROM ranked
             WINDOW lower AS (ORDER BY rank, created_at DESC, caller, session, key ROWS UNBOUNDED PRECEDING)
           )
         DELETE FROM _idempotency WHERE (caller, session, key) IN (
           SELECT caller, session, key FROM summed WHERE number > ?1 OR size > ?2
         )`,
        maxCount,
        maxBytes,
      );
    },

    /** When to prune next, in milliseconds since the epoch; `undefined` if nothing is stored. */
    pruneTime(): number | undefined {
      const [row] = sql.exec("SELECT due FROM _idempotency_prune").toArray();
      return row && Number(row["due"]);
    },

    setPruneTime(due: number | undefined): void {
      if (due === undefined) sql.exec("DELETE FROM _idempotency_prune");
      else sql.exec("INSERT OR REPLACE INTO _idempotency_prune (only, due) VALUES (1, ?)", due);
    },
  };
}

/** Overhead of a row beside its path and reply, in bytes: the id, the hash and the cursor. */
const ROW_BYTES = 200;

/** The approximate size of a stored mutation. */
export function bytesOf({ path, reply = "" }: Pick<StoredCall, "path" | "reply">): number {
  return ROW_BYTES + path.length + reply.length;
}

function toStoredCall(row: Record<string, SqlStorageValue>): StoredCall {
  return {
    path: String(row["path"]),
    input: String(row["input"]),
    state: String(row["state"]) as CallState,
    reply: row["reply"] === null ? undefined : String(row["reply"]),
    cursor: row["cursor"] === null ? undefined : String(row["cursor"]),
  };
}
