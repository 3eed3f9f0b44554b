import type { AnyTRPCProcedure } from "@trpc/server";
import { servicesOf } from "./services.js";

const CHECK = Symbol.for("trpc-userdo.callerCheck");

/** Throws unless the caller is authorized. The path is that of the procedure, if it is known. */
type Check = (ctx: object, path?: string) => void | Promise<void>;

/**
 * Marks a middleware that only authorizes the caller. Callers of a live query behind it still share one run, and the check runs
 * for each of them. It also runs for a repeat that gets a stored reply. The middleware runs its check with {@link checkCaller}.
 */
export function callerCheck<TMiddleware extends object>(middleware: TMiddleware, check: Check): TMiddleware {
  return Object.assign(middleware, { [CHECK]: check });
}

/** The caller checks of a procedure, in the order of its middlewares. */
export function callerChecksOf(procedure: AnyTRPCProcedure): Check[] {
  const { middlewares = [] } = procedure._def as { readonly middlewares?: readonly { readonly [CHECK]?: Check }[] };
  return middlewares.flatMap((middleware) => middleware[CHECK] ?? []);
}

/** Runs a check of the caller, on which the result of a live query does not depend. */
export function checkCaller<TResult>(ctx: object, check: () => TResult): TResult {
  const { withoutCallerTracking } = servicesOf(ctx) ?? {};
  return withoutCallerTracking ? withoutCallerTracking(check) : check();
}
