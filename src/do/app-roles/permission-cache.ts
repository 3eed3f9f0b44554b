import type { AppRolePolicy } from "../../router/app-roles/app-role-policy.js";
import { recordRow } from "../tables/reads/record-rows.js";
import type { RoleStore } from "./role-store.js";

/** The most users with cached permissions. */
const MAX_CACHED_USERS = 10_000;

export interface PermissionCacheOptions {
  readonly store: Pick<RoleStore, "rolesOf">;
  readonly policy: Pick<AppRolePolicy, "accessOf">;
  /** Calls back once, before the next statement that may write. */
  readonly beforeNextWrite: (callback: () => void) => void;
}

/** The permissions of users, in the app's object. */
export interface PermissionCache {
  permissionsOf(userId: string): ReadonlySet<string>;
  /** Caches again, after the end of a turn with writes. */
  onWritten(): void;
}

/**
 * Creates a cache of the permissions that the roles of users give. Any write clears it, and nothing is cached until the
 * end of a turn with writes, so it never keeps what a transaction wrote and then rolled back.
 */
export function createPermissionCache({ store, policy, beforeNextWrite }: PermissionCacheOptions): PermissionCache {
  const cache = new Map<string, ReadonlySet<string>>();
  let isWriting = false;

  const clearBeforeWrite = (): void =>
    beforeNextWrite(() => {
      isWriting = true;
      cache.clear();
    });
  clearBeforeWrite();

  const load = (userId: string): ReadonlySet<string> => new Set(policy.accessOf(store.rolesOf(userId)).permissions);

  return {
    // A live query depends on the row, also if it is cached.
    permissionsOf: (userId) =>
      recordRow("_app_role_versions", userId, () => {
        if (isWriting) return load(userId);
        let permissions = cache.get(userId);
        if (!permissions) {
          permissions = load(userId);
          if (cache.size >= MAX_CACHED_USERS) cache.clear();
          cache.set(userId, permissions);
        }
        return permissions;
      }),
    onWritten() {
      if (!isWriting) return;
      isWriting = false;
      clearBeforeWrite();
    },
  };
}
