import { passwordCost as current, type PasswordCost } from "./password-cost.js";
import { iterationsOf, workOf, type StoredHash } from "./password-hash.js";

/** Work after a check of a password, so that all checks together take the same time. */
export interface RemainingWork {
  /** Derivations with scrypt. */
  readonly costs: readonly PasswordCost[];
  /** Iterations of PBKDF2. */
  readonly iterations: number;
}

/**
 * Returns the work that is left after a check of a hash. Every check takes the work of a current hash and of an imported hash with
 * the most iterations.
 */
export function remainingWork(known: StoredHash, maxIterations: number): RemainingWork {
  if (known.type === "pbkdf2-sha256")
    return { costs: [current], iterations: Math.max(0, maxIterations - iterationsOf(known)) };
  return { costs: remainingCosts(known.cost), iterations: maxIterations };
}

/** Most of the rest has the memory of a current hash, because the time of small memory depends on caches. */
function remainingCosts(cost: PasswordCost): PasswordCost[] {
  const rest = workOf(current) - workOf(cost);
  const large = Math.max(0, Math.floor(rest / workOf({ ...current, p: 1 })));
  const small = Math.max(0, Math.round((rest - large * workOf({ ...current, p: 1 })) / workOf({ ...cost, p: 1 })));
  return [
    { ...current, p: large },
    { ...cost, p: small },
  ].filter(({ p }) => p > 0);
}
