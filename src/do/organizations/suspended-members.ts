export const suspendedMemberSchema =
  "CREATE TABLE IF NOT EXISTS _suspended_members (user_id TEXT PRIMARY KEY NOT NULL, until INTEGER) STRICT, WITHOUT ROWID";

/**
 * The members with a suspended account. Their sessions have ended, so that the organization gets no lease for them. This table
 * refuses the calls that other Workers make for them, which have no session.
 */
export interface SuspendedMembers {
  /** Returns the suspension of a member that is in force. */
  find(userId: string, now: number): { readonly until: Date | null } | undefined;
  /** @param until in milliseconds since the epoch; `null` without an end */
  add(userId: string, until: number | null): void;
  delete(userId: string): void;
}

export function createSuspendedMembers(sql: SqlStorage): SuspendedMembers {
  return {
    find(userId, now) {
      const [row] = sql
        .exec("SELECT until FROM _suspended_members WHERE user_id = ? AND (until IS NULL OR until > ?)", userId, now)
        .toArray();
      return row && { until: row["until"] === null ? null : new Date(Number(row["until"])) };
    },
    add: (userId, until) =>
      void sql.exec("INSERT OR REPLACE INTO _suspended_members (user_id, until) VALUES (?, ?)", userId, until),
    delete: (userId) => void sql.exec("DELETE FROM _suspended_members WHERE user_id = ?", userId),
  };
}
