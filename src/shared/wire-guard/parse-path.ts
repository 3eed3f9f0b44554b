import { metaMismatch } from "./wire-error.js";

const INDEX = /^(0|[1-9][0-9]{0,9})$/;

/**
 * Splits a path of superjson's `meta` into its keys, exactly as superjson does.
 *
 * @param isLegacy for clients before superjson's `v: 1`, which escape dots but not backslashes
 * @throws WireError
 */
export function parsePath(path: string, isLegacy: boolean): string[] {
  const keys: string[] = [];
  let key = "";
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    const next = path[at + 1];
    if (char === ".") {
      keys.push(key);
      key = "";
    } else if (char === "\\" && (next === "." || (next === "\\" && !isLegacy))) {
      key += next;
      at++;
    } else if (char === "\\" && !isLegacy) {
      throw metaMismatch();
    } else {
      key += char;
    }
  }
  keys.push(key);
  return keys;
}

/**
 * Returns an item of an array or an own property of an object. Inherited properties and `length` are refused.
 *
 * @throws WireError
 */
export function step(from: unknown, key: string): unknown {
  if (Array.isArray(from)) {
    if (INDEX.test(key) && Number(key) < from.length) return from[Number(key)];
  } else if (typeof from === "object" && from !== null && Object.hasOwn(from, key)) {
    return (from as Record<string, unknown>)[key];
  }
  throw metaMismatch();
}
