import type { Invitation } from "../../shared/organization.js";
import { selectWithInviter, writeInviter } from "./inviter-table.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** An invitation as stored in its row. */
export interface InvitationRow extends Omit<Invitation, "inviter"> {
  /** The member who invited; `undefined` for the app itself. */
  readonly inviterId: string | undefined;
  /** Whether that member's address was verified when the invitation was sent. */
  readonly inviterVerified: boolean;
  /** The name of the object of the address. */
  readonly target: string;
}

/** Stores the invitations that wait for an answer, one for each address. */
export interface InvitationStore {
  find(id: string): InvitationRow | undefined;
  findByEmail(email: string): InvitationRow | undefined;
  /** The newest first. */
  list(): InvitationRow[];
  listByInviter(inviter: string): InvitationRow[];
  insert(invitation: InvitationRow): void;
  /** Updates the columns that change when an invitation is sent again. */
  renew(invitation: Pick<InvitationRow, "id" | "inviterId" | "inviterVerified" | "expiresAt">): void;
  delete(id: string): void;
  deleteAll(): void;
  nextExpiry(): number | undefined;
  pruneExpired(now: number): void;
}

export const invitationSchema = loggedTableSql(
  "_invitations",
  "id",
  `CREATE TABLE IF NOT EXISTS _invitations (
    id TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    inviter TEXT,
    invited_by TEXT,
    target TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT`,
);

/** With this index, setting the alarm does not read every invitation. */
export const invitationExpirySchema = "CREATE INDEX IF NOT EXISTS _invitations_expires ON _invitations (expires_at)";

export function createInvitationStore(sql: SqlStorage): InvitationStore {
  const read = (where: string, ...values: SqlStorageValue[]): InvitationRow[] =>
    sql
      .exec(`${selectWithInviter("_invitations")} ${where}`, ...values)
      .toArray()
      .map(toInvitation);

  return {
    find: (id) => read("WHERE id = ?", id)[0],
    findByEmail: (email) => read("WHERE email = ?", email)[0],
    list: () => read("ORDER BY created_at DESC, id"),
    listByInviter: (inviter) => read("WHERE inviter = ?", inviter),
    insert({ id, email, role, inviterId, inviterVerified, invitedBy, target, createdAt, expiresAt }) {
      writeInviter(
        sql,
        id,
        inviterId === undefined ? undefined : { userId: inviterId, emailVerified: inviterVerified },
      );
      sql.exec(
        `INSERT INTO _invitations (id, email, role, inviter, invited_by, target, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        email,
        role,
        inviterId ?? null,
        invitedBy ?? null,
        target,
        createdAt.getTime(),
        expiresAt.getTime(),
      );
    },
    renew({ id, inviterId, inviterVerified, expiresAt }) {
      writeInviter(
        sql,
        id,
        inviterId === undefined ? undefined : { userId: inviterId, emailVerified: inviterVerified },
      );
      sql.exec("UPDATE _invitations SET expires_at = ? WHERE id = ?", expiresAt.getTime(), id);
    },
    delete: (id) => void sql.exec("DELETE FROM _invitations WHERE id = ?", id),
    deleteAll: () => void sql.exec("DELETE FROM _invitations"),
    nextExpiry() {
      const { at } = sql.exec("SELECT min(expires_at) AS at FROM _invitations").one();
      return at === null ? undefined : Number(at);
    },
    pruneExpired: (now) => void sql.exec("DELETE FROM _invitations WHERE expires_at <= ?", now),
  };
}

function toInvitation(row: Record<string, SqlStorageValue>): InvitationRow {
  return {
    id: String(row["id"]),
    email: String(row["email"]),
    role: String(row["role"]),
    inviterId: row["inviter"] === null ? undefined : String(row["inviter"]),
    inviterVerified: row["inviter_verified"] === 1,
    invitedBy: row["invited_by"] === null ? undefined : String(row["invited_by"]),
    target: String(row["target"]),
    createdAt: new Date(Number(row["created_at"])),
    expiresAt: new Date(Number(row["expires_at"])),
  };
}
