import { servicesOf } from "./services.js";

export type Resolver = (options: { readonly ctx: object; readonly input?: unknown }) => unknown;

/** The result of a Standard Schema. */
interface Parsed {
  readonly value?: unknown;
  readonly issues?: unknown;
}

/** What a resolver returned. */
export interface Outcome {
  readonly data: unknown;
  /** The result of the output's parser, if it ran. */
  readonly parsed?: Parsed | Promise<Parsed | undefined> | undefined;
}

/**
 * A mutation's resolver that runs inside one storage transaction: all that it writes is stored, or nothing.
 *
 * An exception alone does not undo what a Durable Object wrote before it, and tRPC's own call path is asynchronous, so a
 * transaction cannot be put around it: only the resolver itself can be wrapped, where it is handed over. An `async`
 * resolver is covered up to its first `await`.
 *
 * @param output what `.output()` was given. A result that does not fit undoes what was written, too
 */
export function atomic(resolver: Resolver, output: unknown): (...args: Parameters<Resolver>) => Outcome {
  return (options) => {
    const services = servicesOf(options.ctx);
    if (!services) return { data: resolver(options) };
    try {
      return services.atomic(() => {
        const data = resolver(options);
        const parsed = parse(output, data);
        if (parsed && !(parsed instanceof Promise) && parsed.issues) throw new Unfit(data);
        return { data, parsed };
      });
    } catch (cause) {
      // tRPC parses it again, and refuses it in its own words.
      if (cause instanceof Unfit) return { data: cause.data };
      throw cause;
    }
  };
}

class Unfit extends Error {
  readonly data: unknown;

  constructor(data: unknown) {
    super("The result does not fit the procedure's output.");
    this.data = data;
  }
}

/** Parsers that returned a promise. Zod starts such a parser twice, so they are left to tRPC from the second call on. */
const asyncParsers = new WeakSet<object>();

/** By the Standard Schema of the parser, if it has one. What can only be found out later is found out too late. */
function parse(parser: unknown, data: unknown): Outcome["parsed"] {
  if (data instanceof Promise || !isStandardSchema(parser) || asyncParsers.has(parser)) return undefined;
  const parsed = parser["~standard"].validate(data);
  if (!(parsed instanceof Promise)) return parsed;
  asyncParsers.add(parser);
  return parsed.catch(() => undefined);
}

interface StandardSchema {
  readonly "~standard": { validate(value: unknown): Parsed | Promise<Parsed> };
}

/** @see https://standardschema.dev */
function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}
