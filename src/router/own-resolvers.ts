import { TRPCError } from "@trpc/server";
import { placementOf } from "./placement.js";
import { roomOf } from "./room.js";

type Resolver = (options: { readonly ctx: object }) => unknown;
type Build = (resolver: Resolver) => unknown;
interface Builder extends Record<"query" | "mutation" | "subscription", Build> {
  readonly _def: { readonly meta: unknown };
}

/**
 * Wraps every resolver that is handed to a tRPC procedure builder:
 *
 * - A mutation's runs inside one storage transaction. An exception alone does not undo what a Durable Object wrote
 *   before it, and tRPC's own call path is asynchronous, so a transaction cannot be put around it: only the resolver
 *   itself can be wrapped, and only here, where it is handed over. An `async` resolver is covered up to its first
 *   `await`.
 * - One that belongs in a Durable Object is refused anywhere else.
 */
export function withOwnResolvers<TBuilder extends object>(builder: TBuilder): TBuilder {
  return new Proxy(builder, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function") return value;
      if (isBuilder(target) && (property === "query" || property === "mutation" || property === "subscription")) {
        const isElsewhere = placementOf(target).kind !== "anywhere";
        return (given: Resolver) => {
          const resolver = property === "mutation" ? atomic(given) : given;
          return target[property](isElsewhere ? inAnObject(resolver) : resolver);
        };
      }
      return (...args: unknown[]) => {
        const next: unknown = Reflect.apply(value, target, args);
        return isBuilder(next) ? withOwnResolvers(next) : next;
      };
    },
  });
}

function atomic(resolver: Resolver): Resolver {
  return (options) => {
    const room = roomOf(options.ctx);
    return room ? room.atomic(() => resolver(options)) : resolver(options);
  };
}

function inAnObject(resolver: Resolver): Resolver {
  return (options) => {
    if (roomOf(options.ctx)) return resolver(options);
    throw new TRPCError({
      code: "FORBIDDEN",
      message:
        "This procedure runs in a Durable Object, and was called outside of one. Call it through the Worker's handler, " +
        "or with createCaller(env.BINDING).",
    });
  };
}

function isBuilder(value: unknown): value is Builder {
  return typeof value === "object" && value !== null && "mutation" in value;
}
