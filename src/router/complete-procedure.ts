import { atomic, type Resolver } from "./atomic.js";
import { parseAppInput } from "./app-input.js";
import { parseOutputOnce } from "./parse-output-once.js";
import { markPlacement, metaWithoutPlacement, placementOf } from "./placement.js";
import { runMiddlewares, type Middleware } from "./run-middlewares.js";

/** The procedure that tRPC's builder returns. */
interface Procedure {
  readonly _def: Definition;
  meta?: unknown;
}

interface Definition {
  readonly type: string;
  readonly inputs?: readonly unknown[];
  readonly output?: unknown;
  readonly middlewares: Middleware[];
  meta: unknown;
}

/**
 * Completes a procedure that tRPC's builder has just created:
 *
 * - A mutation's resolver runs in one storage transaction: see {@link atomic}.
 * - The app's schemas receive the app's own input: see {@link parseAppInput}.
 * - Its middlewares run only in the right object: see {@link runMiddlewares}.
 * - Its `meta` is the app's own, without the placement.
 *
 * Changes the procedure in place, because nothing else refers to its definition yet.
 */
export function completeProcedure<TProcedure>(created: TProcedure, resolver: Resolver): TProcedure {
  const procedure = created as Procedure & TProcedure;
  const { _def } = procedure;
  const { type, inputs, output, middlewares } = _def;
  const placement = placementOf(procedure);
  const meta = metaWithoutPlacement(_def.meta);

  parseAppInput({ type, placement, inputs, middlewares });
  const wrapped = type === "mutation" ? parseOutputOnce(middlewares, atomic(resolver, output)) : [...middlewares];
  // tRPC calls only the first middleware, which runs the others. They stay in the list for tools that read it.
  middlewares.unshift(runMiddlewares({ middlewares: wrapped, placement, meta }));

  markPlacement(_def, placement);
  _def.meta = meta;
  if ("meta" in procedure) procedure.meta = meta;
  return procedure;
}
