import { roomOf } from "./room.js";

export type Resolver = (options: { readonly ctx: object; readonly input?: unknown }) => unknown;

/**
 * A mutation's resolver that runs inside one storage transaction: all that it writes is stored, or nothing.
 *
 * An exception alone does not undo what a Durable Object wrote before it, and tRPC's own call path is asynchronous, so a
 * transaction cannot be put around it: only the resolver itself can be wrapped, where it is handed over. An `async`
 * resolver is covered up to its first `await`.
 *
 * @param output what `.output()` was given. A result that does not fit undoes what was written, too
 */
export function atomic(resolver: Resolver, output: unknown): Resolver {
  return (options) => {
    const room = roomOf(options.ctx);
    if (!room) return resolver(options);
    try {
      return room.atomic(() => {
        const result = resolver(options);
        if (isUnfit(output, result)) throw new Unfit(result);
        return result;
      });
    } catch (cause) {
      // tRPC is to refuse it, in its own words.
      if (cause instanceof Unfit) return cause.result;
      throw cause;
    }
  };
}

class Unfit extends Error {
  readonly result: unknown;

  constructor(result: unknown) {
    super("The result does not fit the procedure's output.");
    this.result = result;
  }
}

/** By the Standard Schema of the parser, if it has one. What can only be found out later is found out too late. */
function isUnfit(parser: unknown, result: unknown): boolean {
  if (result instanceof Promise || !isStandardSchema(parser)) return false;
  const outcome = parser["~standard"].validate(result);
  if (!(outcome instanceof Promise)) return outcome.issues !== undefined;
  outcome.catch(() => {});
  return false;
}

interface StandardSchema {
  readonly "~standard": {
    validate(value: unknown): { readonly issues?: unknown } | Promise<{ readonly issues?: unknown }>;
  };
}

/** @see https://standardschema.dev */
function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}
