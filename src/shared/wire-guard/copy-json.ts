import { limits } from "../limits.js";
import { isReservedKey } from "../reserved-keys.js";
import { WireError } from "./wire-error.js";

type Container = unknown[] | Record<string, unknown>;

/**
 * Copies a JSON value and checks it on the way: depth, size, well-formed strings, finite numbers, harmless keys.
 * `-0` becomes `0`. Parts that the value holds twice are held once each by the copy.
 *
 * A loop, not a recursion: how deep a stranger nests must not decide when the stack ends.
 *
 * @throws WireError
 */
export function copyJson(json: unknown): unknown {
  const root: unknown[] = [];
  const open: { readonly from: Container; readonly to: Container; readonly depth: number }[] = [];
  let nodes = 0;

  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value !== "object" || value === null) return checkScalar(value);
    if (depth > limits.jsonDepth) {
      throw new WireError(`The input nests deeper than ${limits.jsonDepth} levels. Send a flatter value.`);
    }
    const from = value as Container;
    nodes += Array.isArray(from) ? from.length : Object.keys(from).length;
    if (nodes > limits.jsonNodes) {
      throw new WireError(`The input holds more than ${limits.jsonNodes} values. Send it in several calls.`);
    }
    const to: Container = Array.isArray(from) ? [] : {};
    open.push({ from, to, depth });
    return to;
  };

  root[0] = copy(json, 1);
  for (let next = open.pop(); next; next = open.pop()) {
    const { from, to, depth } = next;
    if (Array.isArray(from)) {
      for (const value of from) (to as unknown[]).push(copy(value, depth + 1));
      continue;
    }
    for (const key of Object.keys(from)) {
      checkKey(key);
      (to as Record<string, unknown>)[key] = copy(from[key], depth + 1);
    }
  }
  return root[0];
}

function checkScalar(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") {
    checkText(value);
    return value;
  }
  if (typeof value !== "number")
    throw new WireError("The input is not JSON. Send what superjson.serialize makes of it.");
  // JSON text such as 1e999 parses to Infinity. A client that means Infinity says so in superjson's meta.
  if (!Number.isFinite(value)) throw new WireError("The input holds a number too large for a double. Send a bigint.");
  return value === 0 ? 0 : value;
}

function checkKey(key: string): void {
  if (isReservedKey(key)) {
    throw new WireError("The input has a key __proto__, constructor or prototype. Rename it.");
  }
  checkText(key);
}

function checkText(text: string): void {
  // SQLite stores UTF-8, in which half of a surrogate pair has no form: it would read back as something else.
  if (!text.isWellFormed()) throw new WireError("The input holds half of a surrogate pair. Send well-formed text.");
}
