import { checkPlacementIn } from "./check-placement.js";
import type { Placement } from "./placement.js";
import { servicesOf } from "./services.js";
import { toTRPCError } from "./to-trpc-error.js";

/** The options that a middleware can pass to `next()`. */
export interface NextOptions {
  readonly ctx?: object | null | undefined;
  readonly input?: unknown;
  readonly getRawInput?: () => Promise<unknown>;
}

/** The options of tRPC's middlewares and resolvers that are used here. */
export interface MiddlewareOptions {
  readonly ctx: object;
  readonly meta: unknown;
  readonly input: unknown;
  readonly getRawInput: () => Promise<unknown>;
  next(options?: NextOptions): unknown;
}

/** A middleware of the app, or one in which tRPC parses an input or an output, formats errors or calls the resolver. */
export interface Middleware {
  (options: MiddlewareOptions): unknown;
  /** Set by tRPC on its own middlewares for `.input()`, `.output()` and `.errors()`. */
  readonly _type?: string;
}

export interface RunMiddlewaresOptions {
  /** In the order of their declaration. The last one calls the resolver. */
  readonly middlewares: readonly Middleware[];
  readonly placement: Placement;
  /** The meta that the app declared. */
  readonly meta: unknown;
}

/**
 * Creates a middleware that runs all middlewares of a procedure as tRPC does, with two differences:
 *
 * - It rejects a procedure that runs in another object. The app's own code can call its router without the dispatcher, which
 *   checks calls from outside.
 * - `next({ ctx })` does not evaluate the getters of the context. tRPC's copy would read rows, and would make the result of a
 *   live query depend on the caller.
 */
export function runMiddlewares({ middlewares, placement, meta }: RunMiddlewaresOptions): Middleware {
  async function run(index: number, options: Omit<MiddlewareOptions, "next" | "meta">): Promise<unknown> {
    try {
      const middleware = middlewares[index];
      if (!middleware)
        throw new Error("A resolver cannot call next(), because it is the last step. Return the result instead.");
      if (middleware._type === undefined) checkPlacementIn(options.ctx, placement);
      return await middleware({
        ...options,
        meta,
        next: (given) =>
          run(index + 1, {
            ...options,
            ctx: given?.ctx ? extend(options.ctx, given.ctx) : options.ctx,
            input: given && "input" in given ? given.input : options.input,
            getRawInput: given?.getRawInput ?? options.getRawInput,
          }),
      });
    } catch (cause) {
      return { ok: false, error: toTRPCError(cause), marker: "middlewareMarker" };
    }
  }
  return (options) => run(0, options);
}

/** Copies the context with additions. In an object, getters stay getters; elsewhere, it is copied as tRPC does. */
function extend(ctx: object, added: object): object {
  if (!servicesOf(ctx)) return { ...ctx, ...added };
  const copy: Record<PropertyKey, unknown> = {};
  copyProperties(copy, ctx);
  for (const key of Reflect.ownKeys(added)) {
    const property = Object.getOwnPropertyDescriptor(added, key);
    if (property?.enumerable) Object.defineProperty(copy, key, property);
  }
  return copy;
}

function copyProperties(copy: Record<PropertyKey, unknown>, from: object): void {
  for (const key of Reflect.ownKeys(from)) {
    const property = Object.getOwnPropertyDescriptor(from, key);
    // Assigning is much faster than defining a property.
    if (property?.enumerable && !property.get && key !== "__proto__") copy[key] = property.value;
    else if (property) Object.defineProperty(copy, key, property);
  }
}
