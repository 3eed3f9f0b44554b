import type { Resolver, ResolverResult } from "./atomic.js";
import type { Middleware } from "./run-middlewares.js";

/** The result of tRPC's middlewares for a successful call. */
interface Success {
  readonly marker: string;
  readonly ok: true;
  readonly data: unknown;
  readonly ctx: object;
}

/**
 * Returns the middlewares of a mutation. The middleware of `.output()` reuses the value that its parser returned inside the
 * resolver's transaction. If a middleware between `.output()` and the resolver could change the result, the parser runs again.
 *
 * @param resolve runs the resolver in its transaction
 */
export function parseOutputOnce(
  middlewares: readonly Middleware[],
  resolve: (...args: Parameters<Resolver>) => ResolverResult,
): Middleware[] {
  const resolved = new WeakMap<object, ResolverResult>();
  const resolver: Middleware = async (options) => {
    const resolution = resolve(options);
    const result: Success = { marker: "middlewareMarker", ok: true, data: await resolution.data, ctx: options.ctx };
    resolved.set(result, resolution);
    return result;
  };
  const wrapped = [...middlewares.slice(0, -1), resolver];
  const at = wrapped.findIndex(({ _type }) => _type === "output");
  const output = wrapped[at];
  if (!output || wrapped.slice(at + 1, -1).some(({ _type }) => _type === undefined)) return wrapped;

  const parsesOnce: Middleware = async (options) => {
    const result = (await options.next()) as object;
    const parsed = await resolved.get(result)?.parsed;
    if (parsed && !parsed.issues) return { ...result, data: parsed.value };
    return output({ ...options, next: () => result });
  };
  wrapped[at] = Object.assign(parsesOnce, output);
  return wrapped;
}
