import { z } from "zod";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { appCan } from "../app-roles/app-can.js";
import { builtinRoot } from "../builtin-root.js";
import { repeatable } from "../repeatable.js";
import { requireService } from "../services.js";
import { idInput, reasonInput, restoreInput, restorePointOf } from "./admin-inputs.js";

const { appProcedure } = builtinRoot;

/**
 * The procedures of `admin.organizations` that concern one organization. All of them throw FORBIDDEN without their permission,
 * which the audit log of the app records, and NOT_FOUND (ORGANIZATION_NOT_FOUND). The input is not named `organizationId`, which
 * routes a call to the organization.
 */
export function createOrganizationActions(policy: AppRolePolicy) {
  const organizations = (ctx: object) => requireService(ctx, "administration")();

  return {
    /** Describes an organization, with its members, storage and undelivered messages. */
    get: appProcedure
      .use(appCan(policy, "organization:read"))
      .input(z.strictObject({ id: idInput }))
      .query(({ ctx, input }) => organizations(ctx).getOrganization(input.id)),

    /**
     * Restores the rows, the keys, the name and the settings of an organization, like the data of a user. Members, their roles and
     * invitations stay as they are.
     * @throws PRECONDITION_FAILED (RESTORE_UNAVAILABLE), BAD_REQUEST (RESTORE_POINT_INVALID), PAYLOAD_TOO_LARGE
     * (RESTORE_TOO_LARGE)
     */
    restore: appProcedure
      .use(appCan(policy, "organization:restore"))
      .use(repeatable)
      .input(restoreInput({ id: idInput, reason: reasonInput }))
      .mutation(({ ctx, input: { id, reason, ...point } }) =>
        organizations(ctx).restore(
          { target: { type: "organization", id }, reason },
          restorePointOf(point),
          ctx.idempotencyKey,
        ),
      ),

    /** Deletes an organization and all its data permanently. `applied` is as for the actions on users. */
    delete: appProcedure
      .use(appCan(policy, "organization:delete"))
      .use(repeatable)
      .input(z.strictObject({ id: idInput, reason: reasonInput }))
      .mutation(({ ctx, input }) => organizations(ctx).deleteOrganization(input, ctx.idempotencyKey)),
  };
}
