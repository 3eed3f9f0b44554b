import type { SessionFailure } from "../../shared/internal.js";
import { AccountSuspended, SessionEnded, sessionReplaced, userNotFound } from "../lifecycle/caller-errors.js";
import { failure, type Failure, type Result } from "../../shared/result.js";

export const leaseSchema =
  "CREATE TABLE IF NOT EXISTS _leases (session_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID; CREATE INDEX IF NOT EXISTS _leases_user ON _leases (user_id)";

/** Finds expired leases, in an object with the sessions of all users. */
export const leaseExpirySchema = "CREATE INDEX IF NOT EXISTS _leases_until ON _leases (until)";

/**
 * The token generation for which a session got its lease. This is not a column of `_leases`, because the previous version
 * inserts rows without naming columns. A trigger deletes the row with its lease.
 */
export const leaseGenerationSchema = `
  CREATE TABLE IF NOT EXISTS _lease_generations (session_id TEXT PRIMARY KEY, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS _lease_generations_delete AFTER DELETE ON _leases BEGIN
    DELETE FROM _lease_generations WHERE session_id = OLD.session_id;
  END`;

/** The session of a member, from the caller of a request or a socket. */
export interface MemberSession {
  readonly userId: string;
  readonly sessionId: string;
  /** The generation of the tokens that the client presented; `undefined` for a token of an earlier version. */
  readonly generation: number | undefined;
}

/** The result of a renewal: when the lease expires, in milliseconds since the epoch. `USER_NOT_FOUND` only without a session. */
type LeaseResult = Result<number, SessionFailure | Failure<"USER_NOT_FOUND">>;

/** Closes sockets of the object. */
export interface SocketEndings {
  /** Closes the sockets of a session. */
  readonly endSession: (sessionId: string) => void;
  /** Closes the sockets of a suspended user. */
  readonly suspendUser: (userId: string) => void;
}

/**
 * Closes the sockets of a caller who gets no lease.
 *
 * @throws AccountSuspended, SessionEnded, TRPCError UNAUTHORIZED (SESSION_REPLACED), NOT_FOUND (USER_NOT_FOUND)
 */
export function assertLeased(lease: LeaseResult, session: MemberSession, sockets: SocketEndings): void {
  if (lease.ok) return;
  if (lease.reason === "ACCOUNT_SUSPENDED") {
    sockets.suspendUser(session.userId);
    throw new AccountSuspended(lease.until);
  }
  sockets.endSession(session.sessionId);
  if (lease.reason === "USER_NOT_FOUND") throw userNotFound();
  // Another call of this browser sets the cookies of the new session, and clearing them would sign the user out.
  throw lease.reason === "SESSION_REPLACED" ? sessionReplaced() : new SessionEnded();
}

export interface LeasesOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  /** Requests a lease from the user's object. Returns when it expires, in milliseconds since the epoch. */
  readonly requestLease: (session: MemberSession) => Promise<LeaseResult>;
}

/**
 * Leases of members' sessions: until a lease expires, the organization treats the session as active. The user's object
 * records which organizations have a lease and notifies them when the session ends. If the notification does not arrive,
 * the session ends for the organization with its lease.
 *
 * A newer generation of tokens needs a new lease: the user's object detects copied tokens only if it knows which
 * generations have reached a client.
 */
export function createLeases({ sql, isInitialized, requestLease }: LeasesOptions) {
  /** Renewals under way. `ended` is set if the session ends in the meantime, because the result can be older than that. */
  const requests = new Map<string, { readonly result: Promise<LeaseResult>; ended: boolean }>();

  async function renew(session: MemberSession): Promise<LeaseResult> {
    const { userId, sessionId, generation } = session;
    const lease = await requestLease(session);
    if (!lease.ok) return lease;
    if (requests.get(sessionId)?.ended || !isInitialized()) return failure("SESSION_ENDED");
    const until = lease.value;
    sql.exec("DELETE FROM _leases WHERE until <= ?", Date.now());
    sql.exec("INSERT OR REPLACE INTO _leases (session_id, user_id, until) VALUES (?, ?, ?)", sessionId, userId, until);
    // Afterwards, because replacing a lease may delete its generation.
    if (generation !== undefined) {
      sql.exec(
        "INSERT OR REPLACE INTO _lease_generations (session_id, generation) VALUES (?, ?)",
        sessionId,
        generation,
      );
    }
    return lease;
  }

  return {
    isValid: ({ userId, sessionId, generation }: MemberSession): boolean =>
      sql
        .exec(
          `SELECT 1 FROM _leases WHERE session_id = ?1 AND user_id = ?2 AND until > ?3 AND (?4 IS NULL OR EXISTS (
            SELECT 1 FROM _lease_generations WHERE session_id = ?1 AND generation >= ?4
          ))`,
          sessionId,
          userId,
          Date.now(),
          generation ?? null,
        )
        .toArray().length > 0,

    /** Renews a lease. Concurrent calls for one session share a request. */
    renew(session: MemberSession): Promise<LeaseResult> {
      const { sessionId } = session;
      const request = requests.get(sessionId);
      if (request) return request.result;
      // Starts in a microtask, after the entry was added to the map.
      const result = Promise.resolve()
        .then(() => renew(session))
        .finally(() => requests.delete(sessionId));
      requests.set(sessionId, { result, ended: false });
      return result;
    },

    /**
     * Deletes the lease of a session that has ended, and rejects a renewal that is under way. Returns the user, if there was a
     * lease.
     */
    revoke(sessionId: string): string | undefined {
      const request = requests.get(sessionId);
      if (request) request.ended = true;
      const [row] = sql.exec("DELETE FROM _leases WHERE session_id = ? RETURNING user_id", sessionId).toArray();
      return row && String(row["user_id"]);
    },

    deleteForUser: (userId: string): void => void sql.exec("DELETE FROM _leases WHERE user_id = ?", userId),
    deleteAll: (): void => void sql.exec("DELETE FROM _leases"),
  };
}

export type Leases = ReturnType<typeof createLeases>;
