import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    repeatedMutations: number;
    faultSeed: number;
  }
}

/** How many mutations the test under faults sends: `REPEATED_MUTATIONS`. */
export const count = inject("repeatedMutations");

/** The seed of the faults: `FAULT_SEED`. */
export const seed = inject("faultSeed");
