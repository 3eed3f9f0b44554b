import { notSignedIn } from "../../router/auth/not-signed-in.js";
import { meetsRequirement, missingAppPermission, type Requirement } from "../../router/requirement.js";
import type { User } from "../../shared/account.js";

/** A user with known permissions in the app, such as the one of a loaded session. */
interface WithPermissions {
  readonly user: User;
}

type PermissionIn<TLoaded extends WithPermissions> = TLoaded["user"]["permissions"][number];

/**
 * Requires permissions in the app of the user of a loaded session, for routes of the app that are not procedures: one permission,
 * `{ any: […] }` or `{ all: […] }`.
 *
 * @param loaded the result of the function that `createLoadSession` creates
 * @returns the same session
 * @throws TRPCError UNAUTHORIZED (NOT_SIGNED_IN) without a session, FORBIDDEN (MISSING_PERMISSION)
 * @example
 * ```ts
 * const { user } = requirePermission(await loadSession(request, env), "report:read");
 * ```
 */
export function requirePermission<TLoaded extends WithPermissions>(
  loaded: TLoaded | null,
  requirement: Requirement<PermissionIn<TLoaded>>,
): TLoaded {
  if (loaded === null) throw notSignedIn();
  if (!meetsRequirement(new Set(loaded.user.permissions), requirement)) throw missingAppPermission(requirement);
  return loaded;
}
