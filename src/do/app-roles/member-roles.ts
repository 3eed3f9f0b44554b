import type { AppRolePolicy } from "../../router/app-roles/app-role-policy.js";
import type { AssignedRole, LeasedRoles, VersionedRoles } from "../../shared/app-roles.js";
import { withoutRecorder } from "../tables/reads/read-recorder.js";
import { recordRow } from "../tables/reads/record-rows.js";
import { roleHandlersFor } from "./role-messages.js";

/** The roles in the app of an organization's members, and until when the organization uses them. */
export const memberRoleSchema =
  "CREATE TABLE IF NOT EXISTS _member_app_roles (user_id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, roles TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export interface MemberRolesOptions {
  readonly sql: SqlStorage;
  readonly policy: AppRolePolicy;
  /** Requests the roles of a user from the user's object; `undefined` if the user does not exist. */
  readonly request: (userId: string) => Promise<LeasedRoles | undefined>;
  /** Whether the organization exists. It can be deleted during a request. */
  readonly exists: () => boolean;
  /** Called in the transaction that changes the roles of a member: subscriptions are authorized again. */
  readonly onChange: (userId: string) => void;
}

/**
 * The roles in the app of an organization's members. They are requested when a procedure requires a permission in the app, and
 * the user's object sends changes until they expire.
 */
export function createMemberRoles({ sql, policy, request, exists, onChange }: MemberRolesOptions) {
  const requests = new Map<string, Promise<ReadonlySet<string>>>();

  const find = (userId: string) => {
    // Changes of the roles increase the epoch of the member's row, which is logged.
    const [row] = recordRow("_members", userId, () =>
      sql.exec("SELECT version, roles, until FROM _member_app_roles WHERE user_id = ?", userId).toArray(),
    );
    if (!row) return undefined;
    const { version, roles, until } = row;
    return { version: Number(version), roles: JSON.parse(String(roles)) as AssignedRole[], until: Number(until) };
  };

  const permissionsOf = (roles: readonly AssignedRole[]): ReadonlySet<string> =>
    new Set(policy.accessOf(roles).permissions);

  /** @param until when the roles expire; as before, if the user's object sent a change */
  function write(userId: string, { version, roles }: VersionedRoles, until?: number): void {
    const before = find(userId);
    if (before && version < before.version) return;
    sql.exec(
      "INSERT OR REPLACE INTO _member_app_roles (user_id, version, roles, until) VALUES (?, ?, ?, ?)",
      userId,
      version,
      JSON.stringify(roles),
      until ?? before?.until ?? 0,
    );
    if (before && JSON.stringify(before.roles) !== JSON.stringify(roles)) onChange(userId);
  }

  async function ask(userId: string): Promise<ReadonlySet<string>> {
    const found = await request(userId);
    if (!found || !exists()) return new Set();
    // The request may come from a live query, which cannot write.
    withoutRecorder(() => write(userId, found, found.until));
    return permissionsOf(find(userId)?.roles ?? []);
  }

  return {
    handlers: roleHandlersFor<"appRoles">({
      appRoles: ({ userId, ...roles }) => write(userId, roles),
    }),

    /** The permissions of a member; `undefined` if they have expired or were never requested. */
    permissionsOf(userId: string): ReadonlySet<string> | undefined {
      const found = find(userId);
      return found && found.until > Date.now() ? permissionsOf(found.roles) : undefined;
    },

    /** Requests the permissions of a member from the user's object. Concurrent calls share a request. */
    request(userId: string): Promise<ReadonlySet<string>> {
      const running = requests.get(userId);
      if (running) return running;
      const result = ask(userId).finally(() => requests.delete(userId));
      requests.set(userId, result);
      return result;
    },

    /** Deletes the roles of a former member. */
    delete: (userId: string): void => void sql.exec("DELETE FROM _member_app_roles WHERE user_id = ?", userId),
    deleteAll: (): void => void sql.exec("DELETE FROM _member_app_roles"),
  };
}
