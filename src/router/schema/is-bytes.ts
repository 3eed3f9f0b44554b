import type { z } from "zod";

/**
 * Whether a custom type is `z.instanceof(Uint8Array)`, also with refinements and descriptions. zod does not name the
 * class of these, so the check itself is probed: it must accept bytes, and reject other values that could be stored.
 */
export function isBytes({ fn }: z.core.$ZodCustomDef): boolean {
  const others = ["", 0, 0n, true, null, undefined, {}, [], new Date(0), new ArrayBuffer(0), new Uint16Array()];
  try {
    return fn(new Uint8Array()) === true && others.every((other) => fn(other) === false);
  } catch {
    return false;
  }
}
