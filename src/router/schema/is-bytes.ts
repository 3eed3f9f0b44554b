import type { z } from "zod";

/**
 * Whether a custom type is `z.instanceof(Uint8Array)`, also with refinements and descriptions. zod names the class only on
 * the type without them, so the check itself is tried: it accepts bytes and nothing else that could be stored.
 */
export function isBytes({ fn }: z.core.$ZodCustomDef): boolean {
  const others = ["", 0, 0n, true, null, undefined, {}, [], new Date(0), new ArrayBuffer(0), new Uint16Array()];
  try {
    return fn(new Uint8Array()) === true && others.every((other) => fn(other) === false);
  } catch {
    return false;
  }
}
