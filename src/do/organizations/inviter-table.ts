import type { WaitingInviter } from "./waiting-invitation.js";

/**
 * The inviters of invitations, in a table of their own. These are not columns of the invitations' table, because the
 * previous version inserts rows without naming columns, and could store no invitation after a rollback. For the same
 * reason a trigger deletes the row with its invitation. An invitation of the previous version has no row.
 */
export function inviterSchema(invitations: "_invitations" | "_invited"): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS _inviters (
      invitation_id TEXT PRIMARY KEY NOT NULL,
      user_id TEXT NOT NULL,
      verified INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TRIGGER IF NOT EXISTS _inviters_delete AFTER DELETE ON ${invitations} BEGIN
      DELETE FROM _inviters WHERE invitation_id = OLD.id;
    END`,
  ];
}

/** Selects invitations with the columns `inviter_id` and `inviter_verified`, which are null for an unknown inviter. */
export function selectWithInviter(invitations: "_invitations" | "_invited"): string {
  return `SELECT ${invitations}.*, user_id AS inviter_id, verified AS inviter_verified
    FROM ${invitations} LEFT JOIN _inviters ON invitation_id = id`;
}

/** Writes the inviter of an invitation. Call it in the transaction that writes the invitation. */
export function writeInviter(sql: SqlStorage, invitationId: string, inviter: WaitingInviter | undefined): void {
  if (!inviter) {
    sql.exec("DELETE FROM _inviters WHERE invitation_id = ?", invitationId);
    return;
  }
  sql.exec(
    "INSERT OR REPLACE INTO _inviters (invitation_id, user_id, verified) VALUES (?, ?, ?)",
    invitationId,
    inviter.userId,
    Number(inviter.emailVerified),
  );
}
