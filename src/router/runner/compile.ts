import { isPlacementMark, placementOf } from "../placement.js";
import { isRepeatableMark } from "../repeatable.js";
import { appInputs } from "./app-input.js";
import { atomic } from "./atomic.js";
import type { Middleware, ProcedureDefinition } from "./middleware.js";
import { parseOutput, splitOutputs } from "./parse-output.js";
import type { Chain, Step } from "./run-steps.js";

/**
 * Prepares a procedure for running. Its steps are tRPC's own middlewares in their order, with these differences:
 *
 * - A mutation's resolver runs in one storage transaction: see {@link atomic}.
 * - The app's schemas receive the app's own input: see {@link appInputs}.
 * - Each middleware of the app, and the resolver, run only in the right object. The app's own code can call its router without
 *   the dispatcher, which checks calls from outside.
 */
export function compile(definition: ProcedureDefinition): Chain {
  const { type, inputs = [], output, middlewares, resolver, meta } = definition;
  const placement = placementOf({ _def: definition });
  const parseInput = appInputs({ type, placement, inputs });
  const declared = middlewares
    .slice(0, -1)
    .filter((middleware) => !isPlacementMark(middleware) && !isRepeatableMark(middleware))
    .map((middleware) => toStep(middleware, parseInput));
  const { steps, outputs } = splitOutputs(declared);
  const isMutation = type === "mutation";
  const resolve = isMutation
    ? // A middleware in between can still change the result.
      atomic(resolver, outputs.length > 0 ? output : undefined, outputs.length > 1 || steps.some(isOutput))
    : (...args: Parameters<typeof resolver>) => ({ data: resolver(...args) });
  const isPlain = !isMutation && outputs.length === 0;
  return { steps, resolve: isPlain ? resolver : parseOutput(resolve, outputs), placement, meta };
}

const isOutput = ({ kind, middleware }: Step): boolean => kind === "middleware" && middleware._type === "output";

function toStep(middleware: Middleware, parseInput: (middleware: Middleware) => Middleware): Step {
  if (middleware._type === "input") return { kind: "input", middleware: parseInput(middleware) };
  return { kind: "middleware", middleware, checksPlacement: middleware._type === undefined };
}
