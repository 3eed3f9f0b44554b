import { MEMBER, SUPERADMIN } from "../../router/app-roles/app-role-definitions.js";
import type { AppRolePolicy } from "../../router/app-roles/app-role-policy.js";
import { missingAppPermission } from "../../router/requirement.js";
import type {
  RoleAdministrationService,
  RoleAssignment,
  RoleChange,
} from "../../router/app-roles/role-administration-service.js";
import type { AssignedRole } from "../../shared/app-roles.js";
import { actorOf, type ActionLog } from "../audit/action-log.js";
import { createAuditedChange } from "../audit/audited-change.js";
import { userNotFound } from "../lifecycle/caller-errors.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import { listRoles } from "./list-roles.js";
import { roleIsBuiltIn, roleNotFound, roleTaken, superadminRequired } from "./role-errors.js";
import type { RolePublisher } from "./role-publisher.js";
import type { RoleStore, StoredRole } from "./role-store.js";
import type { Superadmins } from "./superadmins.js";

export interface RoleAdministrationDeps {
  readonly policy: AppRolePolicy;
  readonly store: RoleStore;
  readonly publisher: RolePublisher;
  readonly superadmins: Pick<Superadmins, "assertNotLast">;
  readonly log: ActionLog;
  /** Asks a user's object whether its account exists. Rejects if the object cannot be reached. */
  readonly userExists: (userId: string) => Promise<boolean>;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
}

export interface RoleAdministrationOptions {
  readonly deps: RoleAdministrationDeps;
  readonly request: Pick<RequestContext, "caller" | "device">;
  /** Checks the permissions of the call again. @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  readonly checkAgain: () => void;
}

/** Manages the roles in the app for one caller, in the app's object. */
export function createRoleAdministration(options: RoleAdministrationOptions): RoleAdministrationService {
  const { deps, request, checkAgain } = options;
  const { policy, store, publisher, superadmins, transaction, log } = deps;
  const actor = actorOf(request.caller);
  const changes = createAuditedChange({ actor, device: request.device, log, transaction, checkAgain });

  const aboutRole = (action: string, name: string, detail?: string) => ({
    action,
    target: { type: "role", id: name },
    detail,
  });
  const aboutUser = (action: string, { userId, role, reason }: RoleAssignment) => ({
    action,
    target: { type: "user", id: userId },
    detail: role,
    reason,
  });

  /** @throws TRPCError BAD_REQUEST (ROLE_BUILT_IN), NOT_FOUND (ROLE_NOT_FOUND) */
  function requireStored(name: string): StoredRole {
    if (policy.findDeclared(name)) throw roleIsBuiltIn(name);
    const role = store.find(name);
    if (role) return role;
    throw roleNotFound(name);
  }

  /** @throws TRPCError NOT_FOUND (ROLE_NOT_FOUND) */
  function requireRole(name: string): AssignedRole {
    const declared = policy.findDeclared(name);
    return declared ? { name: declared.name } : requireStored(name);
  }

  /** @throws TRPCError CONFLICT (ROLE_TAKEN) */
  function assertNameIsFree(name: string): void {
    if (policy.findDeclared(name) || store.find(name)) throw roleTaken(name);
  }

  /** Callers cannot grant or remove a permission that they do not have. @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  function assertHas(permissions: readonly string[]): void {
    if (actor.type === "system") return;
    const own = new Set(policy.accessOf(store.rolesOf(actor.id)).permissions);
    const missing = permissions.find((each) => !own.has(each));
    if (missing !== undefined) throw missingAppPermission(missing);
  }

  /** @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  function assertHasRole(role: AssignedRole): void {
    assertHas(policy.permissionsOf(role));
    if (role.name !== SUPERADMIN || actor.type === "system") return;
    // Other roles can have every permission of today. A superadmin also gets those of tomorrow.
    if (!store.rolesOf(actor.id).some(({ name }) => name === SUPERADMIN)) throw superadminRequired();
  }

  /** Takes a name from users who still have a role of this name that the code no longer declares. Returns their ids. */
  function takeFromFormer(name: string): string[] {
    const userIds = store.usersOf(name);
    for (const userId of userIds) store.unassign(userId, name);
    return userIds;
  }

  /** Replaces a role, and renames it for its users. */
  function replaceRole(before: StoredRole, next: StoredRole, userIds: readonly string[]): void {
    store.delete(before.name);
    store.insert(next);
    if (next.name === before.name) return;
    for (const userId of userIds) {
      store.unassign(userId, before.name);
      store.assign(userId, next.name);
    }
  }

  const undelivered = ({ length }: readonly string[]): RoleChange => ({ applied: length === 0, pending: length });

  return {
    list: (page) => listRoles({ policy, store }, page),

    async create({ name, description = "", permissions }) {
      const former = changes.run(aboutRole("role.create", name, permissions.join(" ")), () => {
        assertNameIsFree(name);
        assertHas(permissions);
        const userIds = takeFromFormer(name);
        store.insert({ name, description, permissions });
        for (const userId of userIds) publisher.publish(userId);
        return { isChanged: true, result: userIds };
      });
      await publisher.deliver(former);
      return { name, description, permissions, builtin: false, members: 0 };
    },

    async update({ name, newName, description, permissions }, keepReply) {
      const detail = permissions?.join(" ");
      const userIds = changes.run(aboutRole("role.update", name, detail), () => {
        const before = requireStored(name);
        // Also without new permissions: a new name can mislead those who assign the role.
        assertHas([...policy.permissionsOf(before), ...(permissions ?? [])]);
        const next: StoredRole = {
          name: newName ?? before.name,
          description: description ?? before.description,
          permissions: permissions ?? before.permissions,
        };
        const hasNewName = next.name.toLowerCase() !== before.name.toLowerCase();
        if (hasNewName) assertNameIsFree(next.name);
        const former = hasNewName ? takeFromFormer(next.name) : [];
        const users = store.usersOf(before.name);
        replaceRole(before, next, users);
        const result = [...new Set([...users, ...former])];
        for (const userId of result) publisher.publish(userId);
        keepReply?.(undelivered(result));
        return { isChanged: true, result };
      });
      return publisher.deliver(userIds);
    },

    async delete(name, keepReply) {
      const userIds = changes.run(aboutRole("role.delete", name), () => {
        const role = requireStored(name);
        assertHas(policy.permissionsOf(role));
        const result = store.usersOf(role.name);
        for (const userId of result) store.unassign(userId, role.name);
        store.delete(role.name);
        for (const userId of result) publisher.publish(userId);
        keepReply?.(undelivered(result));
        return { isChanged: true, result };
      });
      return publisher.deliver(userIds);
    },

    async assign(assignment) {
      const { userId, role: name } = assignment;
      // An object that cannot be reached gets the role later, unless it turns out that the user does not exist.
      const exists = await deps.userExists(userId).catch(() => true);
      changes.run(aboutUser("role.assign", assignment), () => {
        const role = requireRole(name);
        assertHasRole(role);
        if (!exists) throw userNotFound();
        const isChanged = role.name !== MEMBER && store.assign(userId, role.name);
        if (isChanged) publisher.publish(userId);
        return { isChanged, result: undefined };
      });
      return publisher.deliver([userId]);
    },

    async unassign(assignment) {
      const { userId, role: name } = assignment;
      changes.run(aboutUser("role.unassign", assignment), () => {
        const role = requireRole(name);
        if (role.name === MEMBER) throw roleIsBuiltIn(MEMBER);
        assertHasRole(role);
        if (role.name === SUPERADMIN) superadmins.assertNotLast(userId);
        const isChanged = store.unassign(userId, role.name);
        if (isChanged) publisher.publish(userId);
        return { isChanged, result: undefined };
      });
      return publisher.deliver([userId]);
    },
  };
}
