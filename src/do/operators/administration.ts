import { SUPERADMIN } from "../../router/app-roles/app-role-definitions.js";
import { missingAppPermission } from "../../router/requirement.js";
import type { AdministrationService } from "../../router/admin/administration-service.js";
import { reasonOf } from "../../router/reasoned-error.js";
import type { OperatorAction } from "../../shared/operator.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal, sendInternalRead } from "../../shared/send-internal.js";
import { clientError } from "../accounts/client-error-result.js";
import { superadminRequired } from "../app-roles/role-errors.js";
import { actorOf, type ActionLog } from "../audit/action-log.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import { userNotFound } from "../lifecycle/caller-errors.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import type { Operation, OperationOutcome } from "./operation-store.js";
import { organizationNotFound, type Operations } from "./operations.js";

/** The roles of a user in the app, and the permissions that they give. */
export interface UserAccess {
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

export interface AdministrationOptions {
  readonly operations: Operations;
  /** The bookmark that undoes a restore that is not finished; `null` if none is known. */
  readonly undoBookmarkOf: (restoreId: string) => string | null;
  readonly log: Pick<ActionLog, "add">;
  readonly identity: () => AppIdentity;
  readonly accessOf: (userId: string) => UserAccess;
  readonly request: Pick<RequestContext, "caller" | "device">;
  /** Checks the permissions of the call again. @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  readonly checkAgain: () => void;
}

/** The actions that take something from a user, such as a session or data. A caller needs all permissions of that user. */
const RESTRICTED_ACTIONS: ReadonlySet<OperatorAction["type"]> = new Set([
  "suspend",
  "unsuspend",
  "revokeSessions",
  "delete",
  "restore",
]);

/** Acts on users and organizations for one caller, in the app's object. The procedures have checked the caller's permission. */
export function createAdministration(options: AdministrationOptions): AdministrationService {
  const { operations, undoBookmarkOf, log, identity, accessOf, request, checkAgain } = options;
  const actor = actorOf(request.caller);
  const { device } = request;

  /** @throws TRPCError FORBIDDEN (MISSING_PERMISSION) when the user has a permission that the caller lacks */
  function assertCoversPermissionsOf(userId: string): void {
    if (actor.type === "system" || actor.id === userId) return;
    const [own, other] = [accessOf(actor.id), accessOf(userId)];
    // Other roles can have every permission of today.
    if (other.roles.includes(SUPERADMIN) && !own.roles.includes(SUPERADMIN)) throw superadminRequired();
    const missing = other.permissions.find((permission) => !own.permissions.includes(permission));
    if (missing !== undefined) throw missingAppPermission(missing);
  }

  const run = (operation: Operation): Promise<OperationOutcome> =>
    operations.run(operation, {
      device,
      checkAgain() {
        checkAgain();
        const { target, action } = operation;
        if (target.type === "user" && RESTRICTED_ACTIONS.has(action.type)) assertCoversPermissionsOf(target.id);
      },
    });

  return {
    async getUser(userId) {
      const address = { type: "user", id: userId } as const;
      const found = await sendInternalRead(identity().namespace, address, { op: "describeUser" });
      if (!found.ok) throw userNotFound();
      const { suspension } = found.value;
      const { roles, permissions } = accessOf(userId);
      return { ...found.value, status: suspension ? "suspended" : "active", roles, permissions };
    },

    actOnUser: ({ userId, reason }, action, idempotencyKey) =>
      run({ id: operationIdOf(idempotencyKey), target: { type: "user", id: userId }, action, actor, reason }),

    async restore({ target, reason }, point, idempotencyKey) {
      const id = operationIdOf(idempotencyKey);
      const { applied, undoBookmark } = await run({ id, target, action: { type: "restore", point }, actor, reason });
      return { applied, undoBookmark: undoBookmark ?? undoBookmarkOf(id) };
    },

    async exportUser({ userId, reason }, cursor) {
      const target = { type: "user", id: userId } as const;
      const entry = { action: "user.export", target, actor, reason, device };
      try {
        assertCoversPermissionsOf(userId);
        const page = await sendInternal(stubOf(identity().namespace, target), { op: "exportUser", cursor });
        if (!page.ok) throw page.reason === "CLIENT_ERROR" ? clientError(page) : userNotFound();
        // Each page, because a cursor can be made up, and an export can begin at any.
        log.add(entry);
        return page.value;
      } catch (error) {
        const failure = reasonOf(error) ?? "UNEXPECTED";
        log.add({ ...entry, outcome: failure === "MISSING_PERMISSION" ? "denied" : "failed", failure });
        throw error;
      }
    },

    async getOrganization(organizationId) {
      const address = { type: "organization", id: organizationId } as const;
      const found = await sendInternalRead(identity().namespace, address, { op: "describeOrganization" });
      if (!found.ok) throw organizationNotFound();
      return found.value;
    },

    deleteOrganization: ({ id, reason }, idempotencyKey) =>
      run({
        id: operationIdOf(idempotencyKey),
        target: { type: "organization", id },
        action: { type: "delete" },
        actor,
        reason,
      }),
  };
}
