import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { createAdminAuditRouter } from "./admin-audit-router.js";
import { createDirectoryProcedures } from "./directory-procedures.js";
import { createOrganizationActions } from "./admin-organization-actions.js";
import { createAdminRolesRouter } from "./admin-roles-router.js";
import { createUserActions } from "./admin-user-actions.js";

const { router } = builtinRoot;

/**
 * Creates the procedures for the operators of an app. Each requires a permission in the app, and throws UNAUTHORIZED
 * (NOT_SIGNED_IN) without a session.
 */
export function createAdminRouter<TApp extends AppDefinition>(policy: AppRolePolicy) {
  const { users, organizations, schema, directory } = createDirectoryProcedures<TApp>(policy);
  return router({
    users: router({ ...users, ...createUserActions(policy) }),
    organizations: router({ ...organizations, ...createOrganizationActions(policy) }),
    schema,
    directory,
    roles: createAdminRolesRouter<TApp>(policy),
    audit: createAdminAuditRouter(policy),
  });
}
