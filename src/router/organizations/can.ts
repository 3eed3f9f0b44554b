import { callerCheck, checkCaller } from "../caller-check.js";
import { organizationOf } from "../services.js";
import type { Requirement } from "./role-definitions.js";

interface MiddlewareOptions<TNext> {
  readonly ctx: object;
  readonly next: () => TNext;
}

/**
 * Makes the middleware that lets only those members through whose role allows something. It looks when the call
 * comes in and again in the transaction of a mutation, so that no change of a role falls in between. Anywhere but in
 * an organization's object, it refuses everybody.
 *
 * @throws Error for a requirement of nothing
 */
export function can(requirement: Requirement) {
  const needed =
    typeof requirement === "string" ? [requirement] : "any" in requirement ? requirement.any : requirement.all;
  if (needed.length === 0) throw new Error("t.can needs at least one permission.");
  const check = (ctx: object): void => organizationOf(ctx).requirePermission(requirement);
  const middleware = <TNext>({ ctx, next }: MiddlewareOptions<TNext>): TNext => {
    checkCaller(ctx, () => check(ctx));
    return next();
  };
  // A live query behind it is the same for all who pass it.
  return callerCheck(middleware, check);
}
