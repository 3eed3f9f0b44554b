import { z } from "zod";
import { isAppRoleName } from "../app-roles/app-role-name.js";
import type { AppPermissionOf } from "../app-roles/app-role-definitions.js";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { appCan } from "../app-roles/app-can.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { repeatable } from "../repeatable.js";
import { keepReplyOf } from "../runner/middleware.js";
import { requireService } from "../services.js";
import { idInput, pageFields, reasonInput } from "./admin-inputs.js";

const { router, appProcedure, appRoleProcedure } = builtinRoot;

const nameInput = z
  .string()
  .refine(isAppRoleName, 'The name of a role must be 2 to 50 letters, digits, "_", ":" or "-".');
const descriptionInput = z.string().trim().max(500, "The description must be at most 500 characters.");
const assignment = z.strictObject({ userId: idInput, role: z.string().max(50), reason: reasonInput });

/** The built-in `admin.roles` procedures. */
export function createAdminRolesRouter<TApp extends AppDefinition>(policy: AppRolePolicy) {
  type Permission = AppPermissionOf<TApp["appRoles"]>;
  const permissions = z.array(
    z.custom<Permission>(
      (value) => typeof value === "string" && policy.isPermission(value),
      "No role of the app's code declares this permission.",
    ),
  );
  const canManage = appCan(policy, "role:manage");
  const canAssign = appCan(policy, "role:assign");
  const roles = (ctx: object) => requireService(ctx, "roleAdministration")();

  return router({
    /**
     * Returns a page of the roles: "superadmin", those that the code declares, "member", and those that were created at run time.
     * @throws FORBIDDEN without "role:read", BAD_REQUEST (CURSOR_INVALID)
     */
    list: appProcedure
      .use(appCan(policy, "role:read"))
      .input(z.strictObject(pageFields).prefault({}))
      .query(({ ctx, input: { limit, cursor } }) => roles(ctx).list({ limit, cursor: cursor ?? undefined })),

    /**
     * Creates a role. The caller can only give permissions that they have.
     * @throws FORBIDDEN without "role:manage" or one of the permissions, CONFLICT (ROLE_TAKEN)
     */
    create: appProcedure
      .use(canManage)
      .input(z.strictObject({ name: nameInput, description: descriptionInput.optional(), permissions }))
      .mutation(({ ctx, input }) => roles(ctx).create({ ...input, permissions: distinct(input.permissions) })),

    /**
     * Changes a role that was created at run time. Its users have the new permissions before the reply, unless `applied` is false:
     * an object could not be reached, and follows within five minutes.
     * @throws FORBIDDEN without "role:manage" or one of the permissions before and after, NOT_FOUND (ROLE_NOT_FOUND), BAD_REQUEST
     *   (ROLE_BUILT_IN) for a declared role, CONFLICT (ROLE_TAKEN)
     */
    update: appRoleProcedure
      .use(canManage)
      .use(repeatable)
      .input(
        z.strictObject({
          name: nameInput,
          newName: nameInput.optional(),
          description: descriptionInput.optional(),
          permissions: permissions.optional(),
        }),
      )
      .mutation(({ ctx, input, ...options }) =>
        roles(ctx).update(
          { ...input, permissions: input.permissions && distinct(input.permissions) },
          keepReplyOf(options),
        ),
      ),

    /**
     * Deletes a role that was created at run time, and removes it from its users as `update` does.
     * @throws FORBIDDEN, NOT_FOUND, BAD_REQUEST as `update`
     */
    delete: appRoleProcedure
      .use(canManage)
      .use(repeatable)
      .input(z.strictObject({ name: nameInput }))
      .mutation(({ ctx, input, ...options }) => roles(ctx).delete(input.name, keepReplyOf(options))),

    /**
     * Assigns a role to a user. It takes effect as for `update`. A repeated call changes nothing.
     * @throws FORBIDDEN without "role:assign" or a permission of the role, NOT_FOUND (ROLE_NOT_FOUND, USER_NOT_FOUND)
     */
    assign: appProcedure
      .use(canAssign)
      .use(repeatable)
      .input(assignment)
      .mutation(({ ctx, input }) => roles(ctx).assign(input)),

    /**
     * Removes a role from a user. It takes effect as for `update`. A repeated call changes nothing.
     * @throws FORBIDDEN without "role:assign" or a permission of the role, NOT_FOUND (ROLE_NOT_FOUND), CONFLICT
     *   (LAST_SUPERADMIN), BAD_REQUEST (ROLE_BUILT_IN) for "member"
     */
    unassign: appRoleProcedure
      .use(canAssign)
      .use(repeatable)
      .input(assignment)
      .mutation(({ ctx, input }) => roles(ctx).unassign(input)),
  });
}

function distinct(permissions: readonly string[]): string[] {
  return [...new Set(permissions)];
}
