import type { z } from "zod";

/**
 * Whether a type says what a missing value becomes: `.default`, `.prefault`, `.catch`. Looks without asking for the
 * value, which may be computed: a Worker refuses clocks and random numbers while it starts.
 */
export function hasDefault(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  // Other kinds have none, or (a coerced or preprocessed type) none that was meant as one.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (def.type) {
    case "default":
    case "prefault":
    case "catch":
      return true;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
      return hasDefault(def.innerType);
    case "pipe":
      return hasDefault(def.in);
    default:
      return false;
  }
}
