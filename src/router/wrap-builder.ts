import type { Resolver } from "./atomic.js";
import { completeProcedure } from "./complete-procedure.js";

type Builder = Record<"query" | "mutation" | "subscription", (resolver: Resolver) => unknown>;

/** Wraps tRPC's builder, and the builders that it returns, so that {@link completeProcedure} completes each procedure. */
export function wrapBuilder<TBuilder extends object>(builder: TBuilder): TBuilder {
  return new Proxy(builder, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function") return value;
      if (isBuilder(target) && (property === "query" || property === "mutation" || property === "subscription"))
        return (resolver: Resolver) => completeProcedure(target[property](resolver), resolver);
      return (...args: unknown[]) => {
        const next: unknown = Reflect.apply(value, target, args);
        return isBuilder(next) ? wrapBuilder(next) : next;
      };
    },
  });
}

function isBuilder(value: unknown): value is Builder {
  return typeof value === "object" && value !== null && "mutation" in value;
}
