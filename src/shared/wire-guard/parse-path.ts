import { WireError } from "./wire-error.js";

const INDEX = /^(0|[1-9][0-9]{0,9})$/;

/**
 * Splits a path of superjson's meta into its keys, exactly as superjson does.
 *
 * @param legacy for clients before superjson's `v: 1`, which escape dots only, not backslashes
 * @throws WireError
 */
export function parsePath(path: string, legacy: boolean): string[] {
  const keys: string[] = [];
  let key = "";
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    const next = path[at + 1];
    if (char === ".") {
      keys.push(key);
      key = "";
    } else if (char === "\\" && (next === "." || (next === "\\" && !legacy))) {
      key += next;
      at++;
    } else if (char === "\\" && !legacy) {
      throw misfit();
    } else {
      key += char;
    }
  }
  keys.push(key);
  return keys;
}

/**
 * One step down into a JSON value. Only to what is really there: never along a prototype, never to `length`.
 *
 * @throws WireError
 */
export function step(from: unknown, key: string): unknown {
  if (Array.isArray(from)) {
    if (INDEX.test(key) && Number(key) < from.length) return from[Number(key)];
  } else if (typeof from === "object" && from !== null && Object.hasOwn(from, key)) {
    return (from as Record<string, unknown>)[key];
  }
  throw misfit();
}

/** What to say of a meta that superjson cannot have written for the JSON beside it. */
export function misfit(): WireError {
  return new WireError(
    "The input's superjson meta does not fit its json. Send both as superjson.serialize makes them.",
  );
}
