import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { compile } from "./compile.js";
import type { CallOptions, ProcedureDefinition } from "./middleware.js";
import { runChain, type Chain } from "./run-steps.js";

type Invoke = (...args: unknown[]) => Promise<unknown>;

/** The functions that run procedures, by the procedure and by themselves. */
const runnables = new WeakMap<object, AnyTRPCProcedure>();

/**
 * Returns the function that runs a procedure in the place of tRPC's own. It has the same definition and the same behaviour, but
 * takes a fraction of the time. Always the same function for one procedure.
 */
export function runnable<TProcedure extends AnyTRPCProcedure>(procedure: TProcedure): TProcedure {
  const known = runnables.get(procedure);
  if (known) return known as TProcedure;
  const created = isDefinition(procedure._def) ? createRunnable(procedure, procedure._def) : procedure;
  runnables.set(procedure, created);
  runnables.set(created, created);
  return created;
}

/** Replaces the procedures of a router that tRPC has just created, so that each way of calling them uses the runner. */
export function withRunner<TRouter extends AnyTRPCRouter>(router: TRouter): TRouter {
  // The types of these properties do not allow assignments.
  const { procedures, record } = router._def as unknown as Record<"procedures" | "record", Record<string, unknown>>;
  replaceProcedures(procedures);
  replaceProcedures(record);
  // tRPC copies the record's top level into the router.
  replaceProcedures(router as unknown as Record<string, unknown>);
  return router;
}

function replaceProcedures(record: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === "function" && "_def" in value) record[key] = runnable(value as unknown as AnyTRPCProcedure);
    else if (key !== "_def" && typeof value === "object" && value !== null)
      replaceProcedures(value as Record<string, unknown>);
  }
}

function createRunnable<TProcedure extends AnyTRPCProcedure>(
  procedure: TProcedure,
  definition: ProcedureDefinition,
): TProcedure {
  // Compiled on the first call, so that a Worker with many procedures starts quickly.
  let chain: Chain | undefined;
  // At run time, tRPC calls each procedure as a function of the options.
  const stock = procedure as unknown as Invoke;
  const run: Invoke = (options) =>
    isCall(options) ? runChain((chain ??= compile(definition)), options) : stock(options);
  const { caller, meta } = definition;
  if (!caller) return Object.assign(run, procedure);
  const invoke = Object.assign(run, { _def: definition, procedure: true, meta });
  const call: Invoke = async (...args) => caller({ args, invoke, _def: definition });
  return Object.assign(call, procedure);
}

/** Whether tRPC's builder created a definition. */
function isDefinition(definition: object): definition is ProcedureDefinition {
  const { middlewares, resolver } = definition as Partial<ProcedureDefinition>;
  return Array.isArray(middlewares) && typeof resolver === "function";
}

/** Otherwise tRPC's own function rejects, with the reason. */
function isCall(options: unknown): options is CallOptions {
  return typeof options === "object" && options !== null && "getRawInput" in options;
}
