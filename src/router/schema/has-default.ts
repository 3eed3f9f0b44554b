import type { z } from "zod";

/**
 * Whether a type has a default for a missing value: `.default`, `.prefault` or `.catch`. Does not compute the default, because a
 * Worker cannot read a clock or random numbers while it starts.
 */
export function hasDefault(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  // Other types have no default. A coerced or preprocessed type may accept undefined, but not as a declared default.
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
