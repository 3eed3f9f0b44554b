import type { ActionLogOptions } from "./action-log-options.js";

/** The share of the log that denied calls can have, because every user can cause them. */
const DENIED_SHARE = 1 / 4;

/**
 * Deletes the entries that are too old, and those beyond the limit: first the oldest denied calls beyond their share, then
 * the oldest of all. The newest entry always stays, so that its id is never used again.
 */
export function pruneActions(
  sql: SqlStorage,
  { maxAge, maxEntries }: Pick<Required<ActionLogOptions>, "maxAge" | "maxEntries">,
  now: number,
): void {
  sql.exec("DELETE FROM _actions WHERE at < ? AND id < (SELECT max(id) FROM _actions)", now - maxAge * 1000);
  const { count } = sql.exec("SELECT count(*) AS count FROM _actions").one();
  const excess = Number(count) - maxEntries;
  if (excess <= 0) return;
  const { denied } = sql.exec("SELECT count(*) AS denied FROM _actions WHERE outcome = 'denied'").one();
  const deniedExcess = Math.min(excess, Number(denied) - Math.floor(maxEntries * DENIED_SHARE));
  if (deniedExcess > 0) {
    sql.exec(
      `DELETE FROM _actions WHERE id IN (
        SELECT id FROM _actions WHERE outcome = 'denied' AND id < (SELECT max(id) FROM _actions) ORDER BY id LIMIT ?
      )`,
      deniedExcess,
    );
  }
  sql.exec("DELETE FROM _actions WHERE id <= (SELECT id FROM _actions ORDER BY id DESC LIMIT 1 OFFSET ?)", maxEntries);
}
