import { roomOf } from "./room.js";

interface Builder {
  mutation(resolver: Resolver): unknown;
}
type Resolver = (options: { readonly ctx: object }) => unknown;

/**
 * Makes every mutation built on a tRPC procedure builder run its resolver inside one storage transaction.
 *
 * An exception alone does not undo what a Durable Object wrote before it, and tRPC's own call path is
 * asynchronous, so a transaction cannot be put around it: only the resolver itself can be wrapped, and only
 * here, where it is handed over. An `async` resolver is covered up to its first `await`.
 */
export function withAtomicMutations<TBuilder extends object>(builder: TBuilder): TBuilder {
  return new Proxy(builder, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function") return value;
      if (property === "mutation" && isBuilder(target))
        return (resolver: Resolver) => target.mutation(atomic(resolver));
      if (property === "query" || property === "subscription") return value;
      return (...args: unknown[]) => {
        const next: unknown = Reflect.apply(value, target, args);
        return isBuilder(next) ? withAtomicMutations(next) : next;
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

function isBuilder(value: unknown): value is Builder {
  return typeof value === "object" && value !== null && "mutation" in value;
}
