import type { Caller } from "../shared/caller.js";
import { ReasonedError } from "./reasoned-error.js";

interface MiddlewareOptions<TNext> {
  readonly ctx: object;
  readonly next: () => TNext;
}

/**
 * A middleware that rejects every caller but the app itself. A browser or another client never is the app, whatever roles its user
 * has. Use it before `.input()`, so that other callers learn nothing about the input.
 */
export function systemOnly<TNext>({ ctx, next }: MiddlewareOptions<TNext>): TNext {
  const { caller } = ctx as { readonly caller?: Caller };
  if (caller?.type === "system") return next();
  throw new ReasonedError({
    code: "FORBIDDEN",
    reason: "SYSTEM_ONLY",
    message:
      "Only the app itself can call this procedure. Call it from a Worker, with createCaller(env.BINDING).asSystem().",
  });
}
