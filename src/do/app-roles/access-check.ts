import { notSignedIn } from "../../router/auth/not-signed-in.js";
import {
  describeRequirement,
  meetsRequirement,
  missingAppPermission,
  type Requirement,
} from "../../router/requirement.js";
import type { AppAccessService } from "../../router/services.js";
import type { Caller } from "../../shared/caller.js";
import { withoutRecorder } from "../tables/reads/read-recorder.js";

export interface AccessCheckOptions {
  readonly caller: Caller;
  /** The permissions of a user that this object knows; `undefined` if it must ask another object. */
  readonly permissionsOf: (userId: string) => ReadonlySet<string> | undefined;
  /**
   * Asks another object for the permissions of a user.
   * @default the object knows all permissions
   */
  readonly request?: (userId: string) => Promise<ReadonlySet<string>>;
  /** Records that a call was refused. */
  readonly onDenied: (denied: { readonly userId: string; readonly path: string; readonly permission: string }) => void;
}

/** Checks the permissions in the app that one call requires: when it arrives, and again in the transaction of a mutation. */
export function createAccessCheck({ caller, permissionsOf, request, onDenied }: AccessCheckOptions) {
  const requirements: Requirement[] = [];

  /** @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  function assertMeets(permissions: ReadonlySet<string>, requirement: Requirement, path = "(live query)"): void {
    if (caller.type !== "user" || meetsRequirement(permissions, requirement)) return;
    const { userId } = caller;
    // Not recorded, because a live query cannot write.
    withoutRecorder(() => onDenied({ userId, path, permission: describeRequirement(requirement).replaceAll('"', "") }));
    throw missingAppPermission(requirement);
  }

  const service: AppAccessService = {
    requirePermission(requirement, path) {
      if (caller.type === "anonymous") throw notSignedIn();
      if (caller.type === "system") return undefined;
      requirements.push(requirement);
      const permissions = permissionsOf(caller.userId);
      if (permissions) return assertMeets(permissions, requirement, path);
      if (!request) throw missingAppPermission(requirement);
      return request(caller.userId).then((found) => assertMeets(found, requirement, path));
    },
  };

  return {
    service,

    /**
     * Checks the required permissions again: they may have been removed since the call arrived.
     * @throws TRPCError FORBIDDEN (MISSING_PERMISSION)
     */
    check(): void {
      if (caller.type !== "user" || requirements.length === 0) return;
      // Permissions that expired during the call were valid when it arrived.
      const permissions = permissionsOf(caller.userId);
      for (const requirement of permissions ? requirements : []) {
        if (permissions && !meetsRequirement(permissions, requirement)) throw missingAppPermission(requirement);
      }
    },
  };
}
