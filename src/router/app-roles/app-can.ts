import { callerCheck, checkCaller } from "../caller-check.js";
import { permissionsIn, type Requirement } from "../requirement.js";
import { appAccessOf } from "../services.js";
import type { AppRolePolicy } from "./app-role-policy.js";

interface MiddlewareOptions<TNext> {
  readonly ctx: object;
  readonly path?: string;
  readonly next: () => TNext;
}

/**
 * Creates a middleware that rejects callers without a permission in the app. It checks the roles when the call arrives
 * and again in the transaction of a mutation, because they can change in between. In the Worker, it rejects every call.
 *
 * @throws Error if the requirement has no permissions, or one that no role declares
 */
export function appCan(policy: AppRolePolicy, requirement: Requirement) {
  const permissions = permissionsIn(requirement);
  if (permissions.length === 0)
    throw new Error('t.appCan() needs at least one permission. Name one, such as t.appCan("user:read").');
  const unknown = permissions.find((permission) => !policy.isPermission(permission));
  if (unknown !== undefined)
    throw new Error(`t.appCan(): no role declares the permission "${unknown}". Add it to a role of appRoles.`);
  const check = (ctx: object, path?: string): void | Promise<void> =>
    appAccessOf(ctx).requirePermission(requirement, path);
  const middleware = <TNext>({ ctx, path, next }: MiddlewareOptions<TNext>): TNext => {
    const pending = checkCaller(ctx, () => check(ctx, path));
    // tRPC's `next` returns a promise, also without a check that asks another object.
    return pending ? (pending.then(next) as TNext) : next();
  };
  // The result of a live query does not depend on this check, so callers who pass it share one run.
  return callerCheck(middleware, check);
}
