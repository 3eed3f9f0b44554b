import type { AnyTRPCProcedure } from "@trpc/server";
import { servicesOf } from "./services.js";

const CHECK = Symbol.for("trpc-userdo.callerCheck");

type Check = (ctx: object) => void | Promise<void>;

/**
 * Marks a middleware that only decides whether the caller may: a query behind it still counts as the same for all
 * callers, and its live runs repeat the check for each of them. The middleware itself looks through {@link checkCaller}.
 */
export function callerCheck<TMiddleware extends object>(middleware: TMiddleware, check: Check): TMiddleware {
  return Object.assign(middleware, { [CHECK]: check });
}

/** The checks of a procedure, in the order of its middlewares. */
export function callerChecksOf(procedure: AnyTRPCProcedure): Check[] {
  const { middlewares = [] } = procedure._def as { readonly middlewares?: readonly { readonly [CHECK]?: Check }[] };
  return middlewares.flatMap((middleware) => middleware[CHECK] ?? []);
}

/** Looks at who calls, without making what follows depend on it. */
export function checkCaller<TResult>(ctx: object, look: () => TResult): TResult {
  const { withoutCallerTracking } = servicesOf(ctx) ?? {};
  return withoutCallerTracking ? withoutCallerTracking(look) : look();
}
