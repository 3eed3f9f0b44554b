import { parsePath, step } from "./parse-path.js";
import { metaMismatch, WireError } from "./wire-error.js";

/**
 * Checks superjson's `meta.referentialEqualities`, which superjson sends if an object occurs twice in an input. The server then
 * ignores them: `json` has a copy in each place, so only the identity is lost. A cycle, and a repeated object that a client
 * sent as `null`, would be lost with them, and are refused.
 *
 * @throws WireError
 */
export function checkReferences(json: unknown, references: unknown, isLegacy: boolean): void {
  // An array means that the input contains itself.
  if (Array.isArray(references)) throw lostObject();
  if (typeof references !== "object" || references === null) throw metaMismatch();
  const find = (path: unknown): unknown => {
    if (typeof path !== "string") throw metaMismatch();
    let at = json;
    for (const key of parsePath(path, isLegacy)) at = step(at, key);
    return at;
  };
  for (const [path, repeats] of Object.entries(references)) {
    find(path);
    if (!Array.isArray(repeats)) throw metaMismatch();
    for (const repeat of repeats) if (find(repeat) === null) throw lostObject();
  }
}

function lostObject(): WireError {
  return new WireError(
    "The input contains an object inside itself, or was serialized with superjson's dedupe option. " +
      "Send a tree, with superjson's default options.",
  );
}
