import { TRPCError } from "@trpc/server";
import { checkPlacementIn } from "../check-placement.js";
import type { Placement } from "../placement.js";
import { toTRPCError } from "../to-trpc-error.js";
import { extendContext } from "./extend-context.js";
import { isThenable } from "./is-thenable.js";
import {
  MARKER,
  type CallOptions,
  type Middleware,
  type NextOptions,
  type Resolver,
  type Success,
} from "./middleware.js";

/** A step before the resolver. */
export type Step =
  /** Parses the input. Its last action is to call `next` with it. */
  | { readonly kind: "input"; readonly middleware: Middleware }
  /** Runs the following steps by `next`. */
  | { readonly kind: "middleware"; readonly middleware: Middleware; readonly checksPlacement: boolean };

/** A procedure, prepared for running. */
export interface Chain {
  readonly steps: readonly Step[];
  /** The last step, which also parses the output. */
  readonly resolve: Resolver;
  readonly placement: Placement;
  readonly meta: unknown;
}

/** The options of a step that middlewares and inputs can change. */
type Changeable = Pick<CallOptions, "ctx" | "input" | "getRawInput">;

/**
 * Runs all steps, and returns the result of the resolver as the middlewares changed it.
 *
 * @throws TRPCError the error of the first step that failed, unless a middleware replaced it
 */
export function runChain(chain: Chain, options: CallOptions): Promise<unknown> {
  return runSteps(chain, 0, { call: options, from: options }, true);
}

/** The options of a call, and what the steps before have made of them. */
interface StepsOptions {
  readonly call: CallOptions;
  readonly from: Changeable;
}

/**
 * Runs the steps from an index on. Each middleware that calls `next()` starts the rest anew, so the options are never changed.
 *
 * @param isOutermost whether to return the data, or throw the error. If false, resolves with the result of `next()`, and never
 * rejects
 */
async function runSteps(
  chain: Chain,
  index: number,
  { call, from }: StepsOptions,
  isOutermost: boolean,
): Promise<unknown> {
  const { steps, resolve, placement, meta } = chain;
  const { ctx, getRawInput } = from;
  let { input } = from;
  let result: unknown;
  try {
    // Before the app's code parses the input.
    if (isOutermost) checkPlacementIn(ctx, placement);
    for (let at = index; ; at++) {
      const step = steps[at];
      if (!step) {
        checkPlacementIn(ctx, placement);
        const resolved = resolve({ ...call, ctx, getRawInput, meta, input, next: failNext });
        const data: unknown = isThenable(resolved) ? await resolved : resolved;
        return isOutermost ? data : succeed(data, ctx);
      }
      if (step.kind === "input") {
        let given: NextOptions | undefined;
        let isDone = false;
        const returned = await step.middleware({
          ...call,
          ctx,
          getRawInput,
          meta,
          input,
          next(next) {
            given = next;
            isDone = true;
          },
        });
        if (given && "input" in given) input = given.input;
        if (isDone) continue;
        result = returned;
        break;
      }
      if (step.checksPlacement) checkPlacementIn(ctx, placement);
      const own = { ctx, getRawInput, input };
      const next = (added?: NextOptions): Promise<unknown> =>
        runSteps(chain, at + 1, { call, from: extend(own, added) }, false);
      result = await step.middleware({ ...call, ctx, getRawInput, meta, input, next });
      break;
    }
  } catch (cause) {
    const error = toTRPCError(cause);
    if (isOutermost) throw error;
    return { ok: false, error, marker: MARKER };
  }
  return isOutermost ? dataOf(result) : result;
}

export function succeed(data: unknown, ctx: object): Success {
  return { marker: MARKER, ok: true, data, ctx };
}

function extend(options: Changeable, next: NextOptions | undefined): Changeable {
  if (!next) return options;
  return {
    ctx: next.ctx ? extendContext(options.ctx, next.ctx) : options.ctx,
    input: "input" in next ? next.input : options.input,
    getRawInput: next.getRawInput ?? options.getRawInput,
  };
}

/** Returns the data in the first middleware's result, or throws the error in it. */
function dataOf(result: unknown): unknown {
  if (!result) {
    throw new TRPCError({
      code: "INTERNAL_SERVER_ERROR",
      message: "No result from middlewares - did you forget to `return next()`?",
    });
  }
  const { ok, data, error } = result as { readonly ok?: unknown; readonly data?: unknown; readonly error?: unknown };
  if (!ok) throw error;
  return data;
}

function failNext(): Promise<unknown> {
  return Promise.resolve({ ok: false, error: toTRPCError(nextInResolver()), marker: MARKER });
}

function nextInResolver(): Error {
  return new Error("A resolver cannot call next(), because it is the last step. Return the result instead.");
}
