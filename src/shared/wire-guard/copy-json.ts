import { limits } from "../limits.js";
import { isReservedKey } from "../reserved-keys.js";
import { exceededLimit, WireError } from "./wire-error.js";

type Container = unknown[] | Record<string, unknown>;

/**
 * Copies a JSON value and checks its depth, size, strings, numbers and keys. `-0` becomes `0`. An object that occurs twice in
 * the value is copied twice.
 *
 * It is a loop, because a recursion would overflow the stack on a deeply nested value.
 *
 * @throws WireError
 */
export function copyJson(json: unknown): unknown {
  const root: unknown[] = [];
  const open: { readonly from: Container; readonly to: Container; readonly depth: number }[] = [];
  let count = 0;

  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value !== "object" || value === null) return checkScalar(value);
    if (depth > limits.jsonDepth) throw exceededLimit("depth");
    const from = value as Container;
    count += Array.isArray(from) ? from.length : Object.keys(from).length;
    if (count > limits.jsonNodes) throw exceededLimit("values");
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
    checkString(value);
    return value;
  }
  if (typeof value !== "number") throw new WireError("The input is not JSON. Send what superjson.serialize returns.");
  // JSON text such as 1e999 parses to Infinity. A client sends Infinity with an annotation in superjson's `meta`.
  if (!Number.isFinite(value)) {
    throw new WireError("The input contains a number that is too large for a double. Send a bigint.");
  }
  return value === 0 ? 0 : value;
}

function checkKey(key: string): void {
  if (isReservedKey(key)) {
    throw new WireError("The input has a key __proto__, constructor or prototype. Rename the key.");
  }
  checkString(key);
}

function checkString(text: string): void {
  // SQLite stores UTF-8, which cannot represent half of a surrogate pair: the text would change.
  if (!text.isWellFormed()) throw new WireError("The input contains half of a surrogate pair. Send well-formed text.");
}
