import type { ListedOrganization } from "../../shared/organization.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";
import type { KnownInviter } from "./blocked-inviters.js";
import { selectWithInviter, writeInviter } from "./inviter-table.js";
import type { WaitingInvitation } from "./waiting-invitation.js";
import type { OrganizationMessages } from "./organization-messages.js";

type Membership = OrganizationMessages["membership"];

/** A membership as the user's own object received it. */
export type ListedMembership = Extract<ListedOrganization, { status: "member" }>;

/** The user's copy of memberships and invitations, for lists. Each organization is the authority on its members. */
export interface UserOrganizationStore {
  memberships(): ListedMembership[];
  count(): number;
  /** The membership that an accepted invitation created. */
  membershipByInvitation(invitationId: string): ListedMembership | undefined;
  membershipIn(organizationId: string | undefined): ListedMembership | undefined;
  /** Returns the membership in one of several organizations. */
  membershipInOneOf(organizationIds: readonly string[]): ListedMembership | undefined;
  setMembership(membership: Omit<Membership, "email">): void;
  deleteMembership(organizationId: string): void;
  /** The invitations to one address that have not expired. */
  invitations(email: string, now: number): WaitingInvitation[];
  invitation(id: string, email: string, now: number): WaitingInvitation | undefined;
  setInvitation(invitation: WaitingInvitation, now: number): void;
  deleteInvitation(id: string): void;
  deleteInvitationsTo(organizationId: string): void;
  deleteInvitationsExcept(email: string): void;
  /** Removes the invitations of one inviter, to whichever organization. */
  deleteInvitationsBy(inviter: KnownInviter): void;
  /** An invitation that the user accepted and whose membership has not arrived yet. */
  accepted(id: string): AcceptedInvitation | undefined;
  setAccepted(invitation: WaitingInvitation, now: number): void;
  deleteAccepted(organizationId: string): void;
}

export type AcceptedInvitation = Pick<WaitingInvitation, "id" | "organizationId">;

export const acceptedInvitationSchema =
  "CREATE TABLE IF NOT EXISTS _accepted (id TEXT PRIMARY KEY NOT NULL, organization_id TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export const userOrganizationSchema = [
  loggedTableSql(
    "_organizations",
    "id",
    `CREATE TABLE IF NOT EXISTS _organizations (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      role TEXT NOT NULL,
      joined_at INTEGER NOT NULL,
      invitation_id TEXT
    ) STRICT`,
  ),
  loggedTableSql(
    "_invited",
    "id",
    `CREATE TABLE IF NOT EXISTS _invited (
      id TEXT PRIMARY KEY NOT NULL,
      email TEXT NOT NULL,
      organization_id TEXT NOT NULL,
      name TEXT NOT NULL,
      role TEXT NOT NULL,
      invited_by TEXT,
      expires_at INTEGER NOT NULL
    ) STRICT`,
  ),
].join(";\n");

/** @param onChange called synchronously after a membership was added, changed or deleted */
export function createUserOrganizationStore(sql: SqlStorage, onChange: () => void): UserOrganizationStore {
  const memberships = (where = "", ...values: SqlStorageValue[]): ListedMembership[] =>
    sql
      .exec(`SELECT * FROM _organizations ${where}`, ...values)
      .toArray()
      .map(toMembership);
  const invitations = (where: string, ...values: SqlStorageValue[]): WaitingInvitation[] =>
    sql
      .exec(`${selectWithInviter("_invited")} WHERE ${where} ORDER BY name, id`, ...values)
      .toArray()
      .map(toInvitation);

  return {
    memberships: () => memberships("ORDER BY name, id"),
    count: () => Number(sql.exec("SELECT count(*) AS count FROM _organizations").one()["count"]),
    membershipByInvitation: (invitationId) => memberships("WHERE invitation_id = ?", invitationId)[0],
    membershipIn: (organizationId) => memberships("WHERE id = ?", organizationId ?? null)[0],
    membershipInOneOf: (organizationIds) =>
      memberships("WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(organizationIds))[0],
    setMembership({ organizationId, name, role, joinedAt, invitationId }) {
      sql.exec(
        "INSERT OR REPLACE INTO _organizations (id, name, role, joined_at, invitation_id) VALUES (?, ?, ?, ?, ?)",
        organizationId,
        name,
        role,
        joinedAt,
        invitationId ?? null,
      );
      onChange();
    },
    deleteMembership(organizationId) {
      sql.exec("DELETE FROM _organizations WHERE id = ?", organizationId);
      onChange();
    },
    invitations: (email, now) => invitations("email = ? AND expires_at > ?", email, now),
    invitation: (id, email, now) => invitations("id = ? AND email = ? AND expires_at > ?", id, email, now)[0],
    setInvitation({ id, email, organizationId, name, role, invitedBy, inviter, expiresAt }, now) {
      sql.exec("DELETE FROM _invited WHERE expires_at <= ?", now);
      sql.exec(
        `INSERT OR REPLACE INTO _invited (id, email, organization_id, name, role, invited_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        email,
        organizationId,
        name,
        role,
        invitedBy ?? null,
        expiresAt,
      );
      // Afterwards, because replacing a row deletes it first, and its inviter with it.
      writeInviter(sql, id, inviter);
    },
    deleteInvitation: (id) => void sql.exec("DELETE FROM _invited WHERE id = ?", id),
    deleteInvitationsTo: (organizationId) =>
      void sql.exec("DELETE FROM _invited WHERE organization_id = ?", organizationId),
    deleteInvitationsExcept: (email) => void sql.exec("DELETE FROM _invited WHERE email != ?", email),
    deleteInvitationsBy: ({ userId, email }) =>
      void sql.exec(
        `DELETE FROM _invited WHERE id IN (
          SELECT id FROM _invited LEFT JOIN _inviters ON invitation_id = id
            WHERE user_id = ? OR (invited_by = ? AND (user_id IS NULL OR ? IS NULL))
        )`,
        userId ?? null,
        email,
        userId ?? null,
      ),
    accepted(id) {
      const [row] = sql.exec("SELECT organization_id FROM _accepted WHERE id = ?", id).toArray();
      return row && { id, organizationId: String(row["organization_id"]) };
    },
    setAccepted({ id, organizationId, expiresAt }, now) {
      sql.exec("DELETE FROM _accepted WHERE expires_at <= ?", now);
      sql.exec(
        "INSERT OR REPLACE INTO _accepted (id, organization_id, expires_at) VALUES (?, ?, ?)",
        id,
        organizationId,
        expiresAt,
      );
    },
    deleteAccepted: (organizationId) =>
      void sql.exec("DELETE FROM _accepted WHERE organization_id = ?", organizationId),
  };
}

function toMembership(row: Record<string, SqlStorageValue>): ListedMembership {
  return {
    status: "member",
    id: String(row["id"]),
    name: String(row["name"]),
    role: String(row["role"]),
    joinedAt: new Date(Number(row["joined_at"])),
  };
}

function toInvitation(row: Record<string, SqlStorageValue>): WaitingInvitation {
  return {
    id: String(row["id"]),
    email: String(row["email"]),
    organizationId: String(row["organization_id"]),
    name: String(row["name"]),
    role: String(row["role"]),
    invitedBy: row["invited_by"] === null ? undefined : String(row["invited_by"]),
    inviter:
      row["inviter_id"] === null
        ? undefined
        : { userId: String(row["inviter_id"]), emailVerified: row["inviter_verified"] === 1 },
    expiresAt: Number(row["expires_at"]),
  };
}
