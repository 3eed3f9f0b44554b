import type { Member } from "../../shared/organization.js";
import { recordRow } from "../tables/reads/record-rows.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** A member as stored in its row. */
export interface MemberRow extends Member {
  /** Increases with each change of the role, and of the member's roles in the app. Open sockets compare it with the epoch that they were authorized for. */
  readonly epoch: number;
  /** The accepted invitation, which identifies a repeated call; `undefined` for the creator of the organization. */
  readonly invitationId: string | undefined;
}

/** The members of an organization. This table is the authority on memberships. */
export interface MemberStore {
  find(userId: string): MemberRow | undefined;
  hasEmail(email: string): boolean;
  list(): MemberRow[];
  count(role?: string): number;
  insert(member: Omit<MemberRow, "epoch">): void;
  setRole(userId: string, role: string): void;
  setEmail(userId: string, email: string): void;
  /** Increases the epoch of a member after a change of the roles in the app. */
  increaseEpoch(userId: string): void;
  /** Returns whether the user was a member. */
  delete(userId: string): boolean;
  deleteAll(): void;
}

export const memberSchema = loggedTableSql(
  "_members",
  "user_id",
  `CREATE TABLE IF NOT EXISTS _members (
    user_id TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    invitation_id TEXT
  ) STRICT`,
);

/** @param onCount called synchronously after a member was added or deleted */
export function createMemberStore(sql: SqlStorage, onCount: () => void): MemberStore {
  return {
    find(userId) {
      const [row] = recordRow("_members", userId, () =>
        sql.exec("SELECT * FROM _members WHERE user_id = ?", userId).toArray(),
      );
      return row && toMember(row);
    },
    hasEmail: (email) => sql.exec("SELECT 1 FROM _members WHERE email = ? LIMIT 1", email).toArray().length > 0,
    list: () => sql.exec("SELECT * FROM _members ORDER BY joined_at, user_id").toArray().map(toMember),
    count: (role) =>
      Number(
        sql.exec("SELECT count(*) AS count FROM _members WHERE ?1 IS NULL OR role = ?1", role ?? null).one()["count"],
      ),
    insert({ userId, email, role, joinedAt, invitationId }) {
      sql.exec(
        `INSERT INTO _members (user_id, email, role, joined_at, epoch, invitation_id)
         VALUES (?, ?, ?, ?, 0, ?)`,
        userId,
        email,
        role,
        joinedAt.getTime(),
        invitationId ?? null,
      );
      onCount();
    },
    setRole: (userId, role) =>
      void sql.exec("UPDATE _members SET role = ?, epoch = epoch + 1 WHERE user_id = ?", role, userId),
    setEmail: (userId, email) => void sql.exec("UPDATE _members SET email = ? WHERE user_id = ?", email, userId),
    increaseEpoch: (userId) => void sql.exec("UPDATE _members SET epoch = epoch + 1 WHERE user_id = ?", userId),
    delete(userId) {
      const isDeleted = sql.exec("DELETE FROM _members WHERE user_id = ? RETURNING 1", userId).toArray().length > 0;
      if (isDeleted) onCount();
      return isDeleted;
    },
    deleteAll: () => void sql.exec("DELETE FROM _members"),
  };
}

function toMember(row: Record<string, SqlStorageValue>): MemberRow {
  return {
    userId: String(row["user_id"]),
    email: String(row["email"]),
    role: String(row["role"]),
    joinedAt: new Date(Number(row["joined_at"])),
    epoch: Number(row["epoch"]),
    invitationId: row["invitation_id"] === null ? undefined : String(row["invitation_id"]),
  };
}
