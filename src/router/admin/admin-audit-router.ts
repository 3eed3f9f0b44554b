import { z } from "zod";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { appCan } from "../app-roles/app-can.js";
import { builtinRoot } from "../builtin-root.js";
import { requireService } from "../services.js";
import { auditFilterFields, pageFields } from "./admin-inputs.js";

const { router, appProcedure } = builtinRoot;

const filter = z.strictObject({
  ...pageFields,
  ...auditFilterFields,
});

/** The built-in `admin.audit` procedures. */
export function createAdminAuditRouter(policy: AppRolePolicy) {
  return router({
    /**
     * Returns a page of the audit log of the app, the newest entries first.
     * @throws FORBIDDEN without "audit:read", BAD_REQUEST (CURSOR_INVALID)
     */
    list: appProcedure
      .use(appCan(policy, "audit:read"))
      .input(filter.prefault({}))
      .query(({ ctx, input: { direction: _direction, cursor, ...rest } }) =>
        requireService(ctx, "operatorLog")().list({ ...rest, cursor: cursor ?? undefined }),
      ),
  });
}
