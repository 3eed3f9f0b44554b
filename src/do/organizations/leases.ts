export const leaseSchema =
  "CREATE TABLE IF NOT EXISTS _leases (session_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID; CREATE INDEX IF NOT EXISTS _leases_user ON _leases (user_id)";

export interface LeasesOptions {
  readonly sql: SqlStorage;
  readonly isBorn: () => boolean;
  /** Asks the user's object until when a session may be taken to be alive. */
  readonly ask: (userId: string, sessionId: string) => Promise<number | "ended" | "replaced">;
}

/** What came of asking: `replaced` for a session that got another id a moment ago. */
type Answer = "alive" | "ended" | "replaced";

/**
 * Until when members' sessions may be taken to be alive without asking. The user's object writes down whom it has
 * told, and tells them when a session ends; one that cannot be told knows for no longer than the lease.
 */
export function createLeases({ sql, isBorn, ask }: LeasesOptions) {
  /** Sessions that are being asked about, and whether they ended meanwhile: the answer may be older than the end. */
  const asking = new Map<string, { readonly answer: Promise<Answer>; ended: boolean }>();

  async function renew(userId: string, sessionId: string): Promise<Answer> {
    const until = await ask(userId, sessionId);
    if (typeof until === "string") return until;
    if (asking.get(sessionId)?.ended || !isBorn()) return "ended";
    sql.exec("DELETE FROM _leases WHERE until <= ?", Date.now());
    sql.exec("INSERT OR REPLACE INTO _leases VALUES (?, ?, ?)", sessionId, userId, until);
    return "alive";
  }

  return {
    holds: (userId: string, sessionId: string): boolean =>
      sql
        .exec("SELECT 1 FROM _leases WHERE session_id = ? AND user_id = ? AND until > ?", sessionId, userId, Date.now())
        .toArray().length > 0,

    /** Asks anew, once for however many calls and events wait for it. */
    renew(userId: string, sessionId: string): Promise<Answer> {
      const underway = asking.get(sessionId);
      if (underway) return underway.answer;
      // Started a moment later, so that it finds its own entry.
      const answer = Promise.resolve()
        .then(() => renew(userId, sessionId))
        .finally(() => asking.delete(sessionId));
      asking.set(sessionId, { answer, ended: false });
      return answer;
    },

    /** The session is over: also for an answer that is still on its way. */
    end(sessionId: string): void {
      const underway = asking.get(sessionId);
      if (underway) underway.ended = true;
      sql.exec("DELETE FROM _leases WHERE session_id = ?", sessionId);
    },

    removeOf: (userId: string): void => void sql.exec("DELETE FROM _leases WHERE user_id = ?", userId),
    removeAll: (): void => void sql.exec("DELETE FROM _leases"),
  };
}

export type Leases = ReturnType<typeof createLeases>;
