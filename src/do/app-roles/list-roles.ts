import type { AppRolePolicy } from "../../router/app-roles/app-role-policy.js";
import type { RoleInApp } from "../../router/app-roles/role-administration-service.js";
import type { Page } from "../../shared/page.js";
import { MEMBER } from "../../router/app-roles/app-role-definitions.js";
import { invalidCursor } from "../audit/id-cursor.js";
import type { RoleStore } from "./role-store.js";

export interface ListRolesOptions {
  readonly policy: AppRolePolicy;
  readonly store: RoleStore;
}

/** Lists the declared roles, and then those that were created at run time. @throws TRPCError BAD_REQUEST (CURSOR_INVALID) */
export function listRoles(
  { policy, store }: ListRolesOptions,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<RoleInApp> {
  const counts = store.countUsers();
  const all: RoleInApp[] = [
    ...policy.declared.map(({ name, permissions }) => ({ name, description: "", permissions, builtin: true })),
    ...store
      .list()
      // A role that the code declares replaces an earlier one of the same name.
      .filter(({ name }) => !policy.findDeclared(name))
      .map((role) => ({ ...role, permissions: policy.permissionsOf(role), builtin: false })),
  ].map((role) => ({ ...role, members: role.name === MEMBER ? null : (counts.get(role.name) ?? 0) }));
  const start = cursor === undefined ? 0 : startAfter(all, cursor);
  const items = all.slice(start, start + limit);
  const last = start + limit < all.length ? items.at(-1) : undefined;
  return { items, nextCursor: last?.name ?? null };
}

function startAfter(roles: readonly RoleInApp[], cursor: string): number {
  const index = roles.findIndex(({ name }) => name === cursor);
  if (index === -1) throw invalidCursor();
  return index + 1;
}
