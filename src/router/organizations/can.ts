import { callerCheck, checkCaller } from "../caller-check.js";
import { permissionsIn, type Requirement } from "../requirement.js";
import { organizationOf } from "../services.js";

interface MiddlewareOptions<TNext> {
  readonly ctx: object;
  readonly path?: string;
  readonly next: () => TNext;
}

/**
 * Creates a middleware that rejects members whose role lacks a permission. It checks the role when the call arrives and again in
 * the transaction of a mutation, because the role can change in between. Outside of an organization's object, it rejects every
 * call.
 *
 * @throws Error if the requirement has no permissions
 */
export function can(requirement: Requirement) {
  if (permissionsIn(requirement).length === 0)
    throw new Error('t.can() needs at least one permission. Name one, such as t.can("project:write").');
  const check = (ctx: object, path?: string): void => organizationOf(ctx).requirePermission(requirement, path);
  const middleware = <TNext>({ ctx, path, next }: MiddlewareOptions<TNext>): TNext => {
    checkCaller(ctx, () => check(ctx, path));
    return next();
  };
  // The result of a live query does not depend on this check, so callers who pass it share one run.
  return callerCheck(middleware, check);
}
