import type { AuditAction } from "../../shared/audit.js";

/** Actions that a session, or anyone, can repeat without limit. Their entries are deleted first when the log is full. */
const REPEATABLE: readonly AuditAction[] = [
  "account.export",
  "device.confirmRequest",
  "email.changeRequest",
  "operator.export",
  "password.confirm",
  "password.resetRequest",
  "profile.update",
  "session.revoke",
];

/**
 * One share of the log is reserved for each kind. At most thirty pairs of action and outcome occur. If there are more,
 * increase this number and update the documented share, so that all shares fit into the log.
 */
const SHARES = 30;

export interface AuditRetention {
  /** The maximum age of an entry, in seconds. */
  readonly maxAge: number;
  /** The maximum number of entries, of all kinds together. */
  readonly maxEntries: number;
}

/**
 * Deletes the entries that are too old, and those beyond the limit. A kind is an action with its outcome. The newest
 * entries of each kind, a thirtieth of the limit, always stay, so that no kind can displace another. Of
 * the rest, repeatable actions are deleted first, then the oldest.
 */
export function pruneAudit(sql: SqlStorage, { maxAge, maxEntries }: AuditRetention, now: number): void {
  sql.exec("DELETE FROM _audit WHERE at < ?", now - maxAge * 1000);
  const { count } = sql.exec("SELECT count(*) AS count FROM _audit").one();
  if (Number(count) <= maxEntries) return;
  // The newest entry always stays, so that its id is never used again.
  sql.exec(
    `DELETE FROM _audit WHERE id NOT IN (
      SELECT id FROM (
        SELECT id, action, row_number() OVER (PARTITION BY action, outcome ORDER BY id DESC) AS position FROM _audit
      )
      ORDER BY position <= ?1 DESC, position > ?1 AND action IN (SELECT value FROM json_each(?2)), id DESC LIMIT ?3
    )`,
    Math.max(1, Math.floor(maxEntries / SHARES)),
    JSON.stringify(REPEATABLE),
    maxEntries,
  );
}
