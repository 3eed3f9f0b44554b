import type { Outcome, Resolver } from "./atomic.js";
import type { Middleware } from "./run-middlewares.js";

/** What tRPC's middlewares return for a call that succeeded. */
interface Success {
  readonly marker: string;
  readonly ok: true;
  readonly data: unknown;
  readonly ctx: object;
}

/**
 * The middlewares of a mutation. `.output()` uses what its parser returned inside the resolver's transaction, and does not
 * parse again.
 *
 * A middleware between `.output()` and the resolver may change the result. In that case the parser runs again.
 *
 * @param resolve runs the resolver in its transaction
 */
export function parseOutputOnce(
  middlewares: readonly Middleware[],
  resolve: (...args: Parameters<Resolver>) => Outcome,
): Middleware[] {
  const outcomes = new WeakMap<object, Outcome>();
  const resolver: Middleware = async (options) => {
    const outcome = resolve(options);
    const result: Success = { marker: "middlewareMarker", ok: true, data: await outcome.data, ctx: options.ctx };
    outcomes.set(result, outcome);
    return result;
  };
  const own = [...middlewares.slice(0, -1), resolver];
  const at = own.findIndex(({ _type }) => _type === "output");
  const output = own[at];
  if (!output || own.slice(at + 1, -1).some(({ _type }) => _type === undefined)) return own;

  const parsesOnce: Middleware = async (options) => {
    const result = (await options.next()) as object;
    const parsed = await outcomes.get(result)?.parsed;
    if (parsed && !parsed.issues) return { ...result, data: parsed.value };
    return output({ ...options, next: () => result });
  };
  own[at] = Object.assign(parsesOnce, output);
  return own;
}
