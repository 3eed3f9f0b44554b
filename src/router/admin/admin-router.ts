import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { createAdminAuditRouter } from "./admin-audit-router.js";
import { createDirectoryProcedures } from "./directory-procedures.js";
import { createOrganizationActions } from "./admin-organization-actions.js";
import { createImportProcedure } from "./import-procedure.js";
import { createAdminRolesRouter } from "./admin-roles-router.js";
import { createUserActions } from "./admin-user-actions.js";
import { createSystemUserProcedures } from "./system-user-procedures.js";

const { router } = builtinRoot;

/**
 * Creates the procedures for the operators of an app, and those for the app itself. Each requires a permission in the app or the
 * app itself as its caller, and throws UNAUTHORIZED (NOT_SIGNED_IN) without a session.
 */
export function createAdminRouter<TApp extends AppDefinition>(policy: AppRolePolicy, profile: TApp["profile"]) {
  const { users, organizations, schema, directory } = createDirectoryProcedures<TApp>(policy);
  return router({
    users: router({ ...users, ...createUserActions(policy), ...createSystemUserProcedures<TApp>(profile) }),
    organizations: router({ ...organizations, ...createOrganizationActions(policy) }),
    schema,
    directory,
    roles: createAdminRolesRouter<TApp>(policy),
    audit: createAdminAuditRouter(policy),
    import: createImportProcedure(policy),
  });
}
