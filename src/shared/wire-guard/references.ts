import { WireError } from "./wire-error.js";
import { misfit, parsePath, step } from "./parse-path.js";

/**
 * Checks superjson's `meta.referentialEqualities`, which it sends when an input holds one object twice. They are
 * dropped afterwards: each place has its own copy in the JSON, so nothing but the identity is lost. What would be
 * lost with them, a cycle or a client that sends `null` for repeats, is refused.
 *
 * @throws WireError
 */
export function checkReferences(json: unknown, references: unknown, legacy: boolean): void {
  // An array says that the whole input is also a part of itself.
  if (Array.isArray(references)) throw repeatLost();
  if (typeof references !== "object" || references === null) throw misfit();
  const find = (path: unknown): unknown => {
    if (typeof path !== "string") throw misfit();
    let at = json;
    for (const key of parsePath(path, legacy)) at = step(at, key);
    return at;
  };
  for (const [path, repeats] of Object.entries(references)) {
    find(path);
    if (!Array.isArray(repeats)) throw misfit();
    for (const repeat of repeats) if (find(repeat) === null) throw repeatLost();
  }
}

function repeatLost(): WireError {
  return new WireError(
    "The input holds an object inside itself, or was serialized with superjson's dedupe option. " +
      "Send a tree, with superjson's default options.",
  );
}
