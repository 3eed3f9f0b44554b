import { SUPERADMIN } from "../../router/app-roles/app-role-definitions.js";
import type { AssignedRole } from "../../shared/app-roles.js";
import { recordRow } from "../tables/reads/record-rows.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** A role that was created at run time. */
export interface StoredRole {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
}

/** The roles that were created at run time, and the users of all roles. The app's object is the authority on them. */
export interface RoleStore {
  /** All roles, by name. */
  list(): StoredRole[];
  /** The role with a name, in any case. */
  find(name: string): StoredRole | undefined;
  insert(role: StoredRole): void;
  delete(name: string): void;
  /** The number of users of each role that has any. */
  countUsers(): ReadonlyMap<string, number>;
  usersOf(role: string): string[];
  /** The roles of a user. A live query that reads them depends on this user only. */
  rolesOf(userId: string): AssignedRole[];
  /** Returns whether the user did not have the role before. */
  assign(userId: string, role: string): boolean;
  /** Returns whether the user had the role. */
  unassign(userId: string, role: string): boolean;
  /** The version of a user's roles. It increases with each change of the roles or of their permissions. */
  versionOf(userId: string): number;
  /** Increases the version of a user's roles, and returns it. */
  nextVersion(userId: string): number;
  /** Whether a superadmin exists who is neither this user nor inactive. */
  hasOtherSuperadmin(userId: string, now: number): boolean;
  /**
   * Marks a superadmin as inactive until a time, in milliseconds since the epoch, or as active with 0: a user who is
   * suspended or about to be deleted cannot be the last superadmin.
   */
  setInactive(userId: string, until: number): void;
  /** Deletes everything about a user. Returns whether the user had roles. */
  deleteUser(userId: string): boolean;
  /** The user who became superadmin by the setting; `undefined` before that. */
  bootstrapped(): string | undefined;
  setBootstrapped(userId: string, now: number): void;
}

const roles = loggedTableSql(
  "_app_roles",
  "name",
  `CREATE TABLE IF NOT EXISTS _app_roles (
    name TEXT PRIMARY KEY NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL
  ) STRICT`,
);

const assignments = [
  loggedTableSql(
    "_app_role_users",
    "user_id",
    `CREATE TABLE IF NOT EXISTS _app_role_users (
      role TEXT NOT NULL COLLATE NOCASE,
      user_id TEXT NOT NULL,
      PRIMARY KEY (role, user_id)
    ) STRICT, WITHOUT ROWID`,
  ),
  "CREATE INDEX IF NOT EXISTS _app_role_users_user ON _app_role_users (user_id)",
].join(";\n");

/** A row for each user who ever had a role. */
const versions = loggedTableSql(
  "_app_role_versions",
  "user_id",
  `CREATE TABLE IF NOT EXISTS _app_role_versions (
    user_id TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    inactive_until INTEGER NOT NULL DEFAULT 0
  ) STRICT`,
);

const bootstrap =
  "CREATE TABLE IF NOT EXISTS _bootstrap (only INTEGER PRIMARY KEY CHECK (only = 1), user_id TEXT NOT NULL, at INTEGER NOT NULL) STRICT";

/** The tables of roles in the app's object. */
export const roleSchema: readonly string[] = [roles, assignments, versions, bootstrap];

export function createRoleStore(sql: SqlStorage): RoleStore {
  return {
    list: () => sql.exec("SELECT * FROM _app_roles ORDER BY name").toArray().map(toRole),
    find(name) {
      const [row] = sql.exec("SELECT * FROM _app_roles WHERE name = ?", name).toArray();
      return row && toRole(row);
    },
    insert: ({ name, description, permissions }) =>
      void sql.exec(
        "INSERT INTO _app_roles (name, description, permissions) VALUES (?, ?, ?)",
        name,
        description,
        JSON.stringify(permissions),
      ),
    delete: (name) => void sql.exec("DELETE FROM _app_roles WHERE name = ?", name),
    countUsers: () =>
      new Map(
        sql
          .exec("SELECT role, count(*) AS count FROM _app_role_users GROUP BY role")
          .toArray()
          .map(({ role, count }) => [String(role), Number(count)]),
      ),
    usersOf: (role) =>
      sql
        .exec("SELECT user_id FROM _app_role_users WHERE role = ?", role)
        .toArray()
        .map((row) => String(row["user_id"])),
    rolesOf: (userId) =>
      recordRow("_app_role_versions", userId, () =>
        sql
          .exec(
            `SELECT role, permissions FROM _app_role_users LEFT JOIN _app_roles ON name = role
              WHERE user_id = ? ORDER BY role`,
            userId,
          )
          .toArray(),
      ).map(({ role, permissions }) => ({
        name: String(role),
        ...(permissions !== null && { permissions: JSON.parse(String(permissions)) as string[] }),
      })),
    assign: (userId, role) =>
      sql
        .exec("INSERT OR IGNORE INTO _app_role_users (role, user_id) VALUES (?, ?) RETURNING 1", role, userId)
        .toArray().length > 0,
    unassign: (userId, role) =>
      sql.exec("DELETE FROM _app_role_users WHERE role = ? AND user_id = ? RETURNING 1", role, userId).toArray()
        .length > 0,
    versionOf(userId) {
      const [row] = recordRow("_app_role_versions", userId, () =>
        sql.exec("SELECT version FROM _app_role_versions WHERE user_id = ?", userId).toArray(),
      );
      return Number(row?.["version"] ?? 0);
    },
    nextVersion: (userId) =>
      Number(
        sql
          .exec(
            `INSERT INTO _app_role_versions (user_id, version) VALUES (?, 1)
              ON CONFLICT (user_id) DO UPDATE SET version = version + 1 RETURNING version`,
            userId,
          )
          .one()["version"],
      ),
    hasOtherSuperadmin: (userId, now) =>
      sql
        .exec(
          `SELECT 1 FROM _app_role_users AS assigned WHERE role = ? AND user_id != ? AND NOT EXISTS (
            SELECT 1 FROM _app_role_versions WHERE user_id = assigned.user_id AND inactive_until > ?3
          ) AND NOT EXISTS (
            SELECT 1 FROM _suspended_members WHERE user_id = assigned.user_id AND (until IS NULL OR until > ?3)
          ) LIMIT 1`,
          SUPERADMIN,
          userId,
          now,
        )
        .toArray().length > 0,
    setInactive: (userId, until) =>
      void sql.exec("UPDATE _app_role_versions SET inactive_until = ? WHERE user_id = ?", until, userId),
    deleteUser(userId) {
      sql.exec("DELETE FROM _app_role_versions WHERE user_id = ?", userId);
      return sql.exec("DELETE FROM _app_role_users WHERE user_id = ? RETURNING 1", userId).toArray().length > 0;
    },
    bootstrapped() {
      const [row] = sql.exec("SELECT user_id FROM _bootstrap").toArray();
      return row && String(row["user_id"]);
    },
    setBootstrapped: (userId, now) =>
      void sql.exec("INSERT INTO _bootstrap (only, user_id, at) VALUES (1, ?, ?)", userId, now),
  };
}

function toRole(row: Record<string, SqlStorageValue>): StoredRole {
  return {
    name: String(row["name"]),
    description: String(row["description"]),
    permissions: JSON.parse(String(row["permissions"])) as string[],
  };
}
