import { placementOf, isPlacementMark } from "../placement.js";
import { atomic } from "./atomic.js";
import { appInputs } from "./app-input.js";
import type { Middleware, ProcedureDefinition } from "./middleware.js";
import { parseOutputOnce } from "./parse-output-once.js";
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
  const steps = middlewares
    .slice(0, -1)
    .filter((middleware) => !isPlacementMark(middleware))
    .map((middleware) => toStep(middleware, parseInput));
  const isMutation = type === "mutation";
  if (isMutation && output !== undefined)
    return { steps: parseOutputOnce(steps, atomic(resolver, output)), placement, meta };
  const inTransaction = atomic(resolver, undefined);
  const resolve = isMutation ? (...args: Parameters<typeof resolver>) => inTransaction(...args).data : resolver;
  return { steps: [...steps, { kind: "resolver", resolve }], placement, meta };
}

function toStep(middleware: Middleware, parseInput: (middleware: Middleware) => Middleware): Step {
  if (middleware._type === "input") return { kind: "input", middleware: parseInput(middleware) };
  return { kind: "middleware", middleware, checksPlacement: middleware._type === undefined };
}
