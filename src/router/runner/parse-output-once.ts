import type { ResolverResult } from "./atomic.js";
import type { Middleware, Resolver } from "./middleware.js";
import { succeed, type Step } from "./run-steps.js";

/**
 * Returns the steps of a mutation with an output. The middleware of `.output()` reuses the value that its parser returned inside the
 * resolver's transaction. If a middleware between `.output()` and the resolver could change the result, the parser runs again.
 *
 * @param resolve runs the resolver in its transaction
 */
export function parseOutputOnce(
  steps: readonly Step[],
  resolve: (...args: Parameters<Resolver>) => ResolverResult,
): Step[] {
  const resolved = new WeakMap<object, ResolverResult>();
  const resolver: Middleware = async (options) => {
    const resolution = resolve(options);
    const result = succeed(await resolution.data, options.ctx);
    resolved.set(result, resolution);
    return result;
  };
  const wrapped: Step[] = [...steps, { kind: "middleware", middleware: resolver, checksPlacement: true }];
  const at = steps.findIndex((step) => step.kind === "middleware" && step.middleware._type === "output");
  const output = steps[at];
  if (output?.kind !== "middleware" || steps.slice(at + 1).some(isOfApp)) return wrapped;

  const parsesOnce: Middleware = async (options) => {
    const result = (await options.next()) as object;
    const parsed = await resolved.get(result)?.parsed;
    if (parsed && !parsed.issues) return { ...result, data: parsed.value };
    return output.middleware({ ...options, next: () => result });
  };
  wrapped[at] = { ...output, middleware: parsesOnce };
  return wrapped;
}

function isOfApp(step: Step): boolean {
  return step.kind === "middleware" && step.middleware._type === undefined;
}
