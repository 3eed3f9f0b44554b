import type { AppAccess, AppRolePolicy } from "../../router/app-roles/app-role-policy.js";
import type { AssignedRole, LeasedRoles, VersionedRoles } from "../../shared/app-roles.js";
import { recordRow } from "../tables/reads/record-rows.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** How long an object uses the roles of a user before it must ask again, in milliseconds. */
export const ROLE_LEASE_MS = 5 * 60_000;
/** How long a user has only the permissions of every user after the app's object did not answer, in milliseconds. */
const RETRY_MS = 10_000;

/** The roles of the object's user in the app, as the app's object sent them. */
export interface UserRoleStore {
  /** The roles and permissions that apply now. */
  access(): AppAccess;
  /** The same permissions, for a check. */
  permissions(): ReadonlySet<string>;
  /** The stored roles, and when they must be renewed, in milliseconds since the epoch. */
  read(): LeasedRoles;
  /** Whether the roles must be renewed before they are used. Every user has the role "member", which never expires. */
  isExpired(now: number): boolean;
  /** Stores roles, unless newer ones are stored. Returns whether they differ from the previous ones. */
  write(roles: VersionedRoles, until: number): boolean;
  /** Uses only the permissions of every user for a while, because the roles could not be renewed. */
  useMemberOnly(now: number): void;
  /** Changes whenever the permissions do. */
  version(): number;
  /** Clears the cache, because other code may have written. */
  clearCache(): void;
}

/** The version of the roles is logged, so that live queries that depend on them run again. Renewals are not. */
export const userRoleSchema: readonly string[] = [
  loggedTableSql(
    "_user_app_roles",
    "only",
    "CREATE TABLE IF NOT EXISTS _user_app_roles (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL, roles TEXT NOT NULL) STRICT",
  ),
  "CREATE TABLE IF NOT EXISTS _user_app_roles_lease (only INTEGER PRIMARY KEY CHECK (only = 1), until INTEGER NOT NULL) STRICT",
];

interface Cached extends LeasedRoles {
  readonly access: AppAccess;
  readonly permissions: ReadonlySet<string>;
}

export interface UserRoleStoreOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  readonly policy: AppRolePolicy;
}

export function createUserRoleStore({ sql, isInitialized, policy }: UserRoleStoreOptions): UserRoleStore {
  let cached: Cached | undefined;
  let member: Cached | undefined;
  let memberOnlyUntil = 0;

  const withAccess = (roles: LeasedRoles): Cached => {
    const access = policy.accessOf(roles.roles);
    return { ...roles, access, permissions: new Set(access.permissions) };
  };
  const ofMember = (): Cached => (member ??= withAccess({ version: 0, roles: [], until: Infinity }));

  function load(): Cached {
    if (!isInitialized()) return ofMember();
    const [row] = sql
      .exec("SELECT version, roles, until FROM _user_app_roles LEFT JOIN _user_app_roles_lease USING (only)")
      .toArray();
    if (!row) return ofMember();
    const roles = JSON.parse(String(row["roles"])) as AssignedRole[];
    return withAccess({ version: Number(row["version"]), roles, until: Number(row["until"] ?? 0) });
  }

  // A live query depends on the row, also if it is cached.
  const stored = (): Cached => recordRow("_user_app_roles", "1", () => (cached ??= load()));
  const current = (): Cached => {
    const roles = stored();
    return memberOnlyUntil > Date.now() ? ofMember() : roles;
  };

  return {
    access: () => current().access,
    permissions: () => current().permissions,
    read: stored,
    isExpired(now) {
      const { roles, until } = stored();
      return roles.length > 0 && until <= now && memberOnlyUntil <= now;
    },
    write({ version, roles }, until) {
      const before = stored();
      if (version < before.version) return false;
      const text = JSON.stringify(roles);
      const isChanged = version > before.version || text !== JSON.stringify(before.roles);
      if (isChanged) {
        sql.exec("INSERT OR REPLACE INTO _user_app_roles (only, version, roles) VALUES (1, ?, ?)", version, text);
      }
      sql.exec("INSERT OR REPLACE INTO _user_app_roles_lease (only, until) VALUES (1, ?)", until);
      cached = undefined;
      memberOnlyUntil = 0;
      return isChanged;
    },
    useMemberOnly: (now) => void (memberOnlyUntil = now + RETRY_MS),
    version: () => (memberOnlyUntil > Date.now() ? -1 - stored().version : stored().version),
    clearCache: () => void (cached = undefined),
  };
}
