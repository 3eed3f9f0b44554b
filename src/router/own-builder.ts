import { atomic, type Resolver } from "./atomic.js";
import { checkHere } from "./check-place.js";
import { parseOwnInput } from "./own-input.js";
import { inItsPlace, type Middleware } from "./own-middleware.js";
import { placementOf } from "./placement.js";

interface Builder extends Record<"query" | "mutation" | "subscription", (resolver: Resolver) => unknown> {
  readonly _def: { readonly meta: unknown; readonly output?: unknown };
}

/**
 * Wraps what is handed to tRPC's builders, of procedures and of middlewares:
 *
 * - A mutation's resolver runs in one storage transaction.
 * - The app's schemas get the app's own input: see {@link parseOwnInput}.
 * - What belongs in a Durable Object runs in no other, and nowhere else: the app's own code can call its router too,
 *   past the entry where calls from outside are checked.
 * - What a middleware adds to the context is added to it, and not to a copy: see {@link inItsPlace}.
 */
export function ownBuilder<TBuilder extends object>(builder: TBuilder): TBuilder {
  return new Proxy(builder, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function") return value;
      if (isBuilder(target) && (property === "query" || property === "mutation" || property === "subscription"))
        return (resolver: Resolver) => parseOwnInput(target[property](ownResolver(property, target._def, resolver)));
      return (...args: unknown[]) => {
        const own = takesMiddleware(property) ? args.map((arg) => (isMiddleware(arg) ? inItsPlace(arg) : arg)) : args;
        const next: unknown = Reflect.apply(value, target, own);
        return isBuilder(next) || isPipe(next) ? ownBuilder(next) : next;
      };
    },
  });
}

function ownResolver(type: string, { meta, output }: Builder["_def"], given: Resolver): Resolver {
  const resolver = type === "mutation" ? atomic(given, output) : given;
  if (placementOf({ _def: { meta } }).kind === "anywhere") return resolver;
  return (options) => {
    checkHere({ ctx: options.ctx, meta });
    return resolver(options);
  };
}

function takesMiddleware(property: PropertyKey): boolean {
  return property === "use" || property === "middleware" || property === "unstable_pipe";
}

function isMiddleware(value: unknown): value is Middleware {
  return typeof value === "function";
}

function isBuilder(value: unknown): value is Builder {
  return typeof value === "object" && value !== null && "mutation" in value;
}

/** A middleware that others can be put behind. */
function isPipe(value: unknown): value is object {
  return typeof value === "object" && value !== null && "unstable_pipe" in value;
}
