import type { TableModel } from "../router/schema/column.js";
import type { TableDefinition } from "../router/schema/table.js";
import { readDefaults } from "../do/tables/schema/column-defaults.js";
import type { Defaults } from "../do/tables/schema/ddl.js";

const YEAR_AND_A_BIT = 400 * 86_400_000 + 12_345;

/**
 * Returns the defaults of a table's columns. A computed default (a time, a random id) differs with each call, so a comment
 * replaces it.
 */
export function stableDefaults(model: TableModel, definition: TableDefinition): Defaults {
  const defaults = readDefaults(model, definition);
  const later = withClockAhead(() => readDefaults(model, definition));
  return new Map([...defaults].map(([name, value]) => [name, later.get(name) === value ? value : "/* computed */"]));
}

/** Runs `work` with the clock of another day, so that a default of today's date also counts as computed. */
function withClockAhead<TResult>(work: () => TResult): TResult {
  const Real = globalThis.Date;
  const ahead = Real.now() + YEAR_AND_A_BIT;
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: [], newTarget) => Reflect.construct(target, args.length > 0 ? args : [ahead], newTarget),
    apply: () => new Real(ahead).toString(),
    get: (target, key, receiver) => (key === "now" ? () => ahead : Reflect.get(target, key, receiver)),
  });
  try {
    return work();
  } finally {
    globalThis.Date = Real;
  }
}
