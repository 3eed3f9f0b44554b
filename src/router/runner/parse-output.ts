import { TRPCError } from "@trpc/server";
import type { ResolverResult } from "./atomic.js";
import type { Middleware, Resolver, Success } from "./middleware.js";
import type { Step } from "./run-steps.js";

/** The steps of a procedure without the resolver, and the outputs that are parsed with it. */
export interface SplitSteps {
  readonly steps: readonly Step[];
  /** tRPC's middlewares of `.output()`, in the order of their declaration. */
  readonly outputs: readonly Middleware[];
}

/** Separates the outputs whose results reach the resolver unchanged, because only inputs are between them and the resolver. */
export function splitOutputs(steps: readonly Step[]): SplitSteps {
  const start = steps.findLastIndex((step) => step.kind === "middleware" && step.middleware._type !== "output") + 1;
  const last = steps.slice(start);
  const outputs = last.filter(({ kind }) => kind === "middleware").map(({ middleware }) => middleware);
  return { steps: [...steps.slice(0, start), ...last.filter(({ kind }) => kind === "input")], outputs };
}

/**
 * Returns a resolver that also parses its result. The value that a parser returned inside the transaction of a mutation is reused.
 *
 * @param resolve runs the resolver
 * @param outputs tRPC's middlewares of `.output()`
 */
export function parseOutput(
  resolve: (...args: Parameters<Resolver>) => ResolverResult,
  outputs: readonly Middleware[],
): Resolver {
  if (outputs.length === 0) return (options) => resolve(options).data;
  return async (options) => {
    const { data, parsed, wasRefused } = resolve(options);
    let value = await data;
    const result = parsed && (await parsed);
    const isParsed = result !== undefined && !result.issues;
    if (isParsed) value = result.value;
    // The output that was declared last parses first.
    for (let index = outputs.length - (isParsed ? 2 : 1); index >= 0; index--) {
      const unparsed = new ResultToParse(value);
      const success = await outputs[index]?.({ ...options, next: () => unparsed });
      value = (success as Success).data;
    }
    if (wasRefused) throw refusedBefore();
    return value;
  };
}

/** The error of a parser that accepts a result only after it rejected it: the writes of the mutation are gone. */
function refusedBefore(): TRPCError {
  const cause = new Error(
    "The output's parser rejected the result first, and accepted it after the transaction was rolled back.",
  );
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Output validation failed", cause });
}

/** A result for tRPC's middleware, which copies its own properties at a high cost. Only the parsed data of the copy is used. */
class ResultToParse {
  readonly #data: unknown;

  constructor(data: unknown) {
    this.#data = data;
  }

  get ok(): true {
    return true;
  }

  get data(): unknown {
    return this.#data;
  }
}
