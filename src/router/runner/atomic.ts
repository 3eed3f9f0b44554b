import { servicesOf } from "../services.js";
import { RESOLVED, type Resolver } from "./middleware.js";
import { parseResult, type Parsed } from "./parse-result.js";

/** The result of a resolver. */
export interface ResolverResult {
  readonly data: unknown;
  /** The result of the output's parser, if it ran. */
  readonly parsed?: Parsed | Promise<Parsed | undefined> | undefined;
  /** Whether the output's parser rejected the data, so that the transaction was rolled back. */
  readonly wasRefused?: boolean;
}

/**
 * Wraps a mutation's resolver in one storage transaction. An exception alone does not roll back the writes of a Durable Object.
 * tRPC calls procedures asynchronously, and a storage transaction is synchronous, so only the resolver itself can be wrapped. An
 * `async` resolver is covered up to its first `await`.
 *
 * @param output the parser of `.output()`. A result that it rejects rolls the transaction back
 * @param hasOtherOutputs whether other parsers parse the result later
 */
export function atomic(
  resolver: Resolver,
  output: unknown,
  hasOtherOutputs: boolean,
): (...args: Parameters<Resolver>) => ResolverResult {
  return (options) => {
    const services = servicesOf(options.ctx);
    if (!services) return { data: resolver(options) };
    try {
      return services.atomic(() => {
        const data = resolver(options);
        const parsed = parseResult(output, data);
        const isParsed = parsed !== undefined && !(parsed instanceof Promise);
        if (isParsed && parsed.issues) throw new OutputMismatch(data);
        const isUnparsed = hasOtherOutputs || (output !== undefined && !isParsed);
        options[RESOLVED]?.(isParsed ? parsed.value : data, isUnparsed);
        return { data, parsed };
      });
    } catch (cause) {
      // tRPC parses the result again, and throws its own error.
      if (cause instanceof OutputMismatch) return { data: cause.data, wasRefused: true };
      throw cause;
    }
  };
}

class OutputMismatch extends Error {
  readonly data: unknown;

  constructor(data: unknown) {
    super("The result does not match the procedure's output schema.");
    this.data = data;
  }
}
