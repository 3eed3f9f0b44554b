import type { BlockedInviter } from "../../shared/organization.js";
import { randomId } from "../../shared/random-id.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** The inviter of an invitation. */
export interface KnownInviter {
  /** `undefined` in an invitation that an earlier version stored. */
  readonly userId: string | undefined;
  readonly email: string;
}

/** Stores the inviters that a user blocks. Inviters are not notified, and no procedure reveals a block to them. */
export interface BlockedInviterStore {
  list(): BlockedInviter[];
  has(inviter: KnownInviter): boolean;
  /** Blocks an inviter, by the user id if it is known. Returns the existing block for a repeated call. */
  add(inviter: KnownInviter): BlockedInviter;
  /** Returns whether the block existed. */
  delete(id: string): boolean;
  count(): number;
}

/** A block has the user id, so that another address does not lift it. `user_id` is null if the id is not known. */
export const blockedInviterSchema = loggedTableSql(
  "_blocked_inviters",
  "id",
  `CREATE TABLE IF NOT EXISTS _blocked_inviters (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT,
    email TEXT NOT NULL,
    blocked_at INTEGER NOT NULL
  ) STRICT`,
);

export function createBlockedInviterStore(sql: SqlStorage): BlockedInviterStore {
  const find = ({ userId, email }: KnownInviter): BlockedInviter | undefined =>
    sql
      .exec(
        "SELECT * FROM _blocked_inviters WHERE user_id = ? OR (email = ? AND (user_id IS NULL OR ? IS NULL)) LIMIT 1",
        userId ?? null,
        email,
        userId ?? null,
      )
      .toArray()
      .map(toBlockedInviter)[0];

  return {
    list: () =>
      sql.exec("SELECT * FROM _blocked_inviters ORDER BY blocked_at DESC, id").toArray().map(toBlockedInviter),
    has: (inviter) => find(inviter) !== undefined,
    add(inviter) {
      const before = find(inviter);
      if (before) return before;
      const block: BlockedInviter = { id: randomId(), email: inviter.email, blockedAt: new Date() };
      sql.exec(
        "INSERT INTO _blocked_inviters (id, user_id, email, blocked_at) VALUES (?, ?, ?, ?)",
        block.id,
        inviter.userId ?? null,
        block.email,
        block.blockedAt.getTime(),
      );
      return block;
    },
    delete: (id) => sql.exec("DELETE FROM _blocked_inviters WHERE id = ? RETURNING id", id).toArray().length > 0,
    count: () => Number(sql.exec("SELECT count(*) AS count FROM _blocked_inviters").one()["count"]),
  };
}

function toBlockedInviter(row: Record<string, SqlStorageValue>): BlockedInviter {
  return { id: String(row["id"]), email: String(row["email"]), blockedAt: new Date(Number(row["blocked_at"])) };
}
