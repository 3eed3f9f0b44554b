import { limits } from "../limits.js";
import { isReservedKey } from "../reserved-keys.js";
import { exceededLimit, WireError } from "./wire-error.js";

/** The number of values that a copy has so far. */
interface Count {
  values: number;
}

/**
 * Copies a JSON value and checks its depth, size, strings, numbers and keys. `-0` becomes `0`. An object that occurs twice in
 * the value is copied twice.
 *
 * @throws WireError
 */
export function copyJson(json: unknown): unknown {
  return copyValue(json, 1, { values: 0 });
}

/** The recursion is as deep as the limit allows, because the depth is checked first. */
function copyValue(value: unknown, depth: number, count: Count): unknown {
  if (typeof value !== "object" || value === null) return checkScalar(value);
  if (depth > limits.jsonDepth) throw exceededLimit("depth");
  if (Array.isArray(value)) {
    countValues(value.length, count);
    const items: unknown[] = [];
    for (const item of value as unknown[]) items.push(copyValue(item, depth + 1, count));
    return items;
  }
  const keys = Object.keys(value);
  countValues(keys.length, count);
  const fields: Record<string, unknown> = {};
  for (const key of keys) {
    checkKey(key);
    fields[key] = copyValue((value as Record<string, unknown>)[key], depth + 1, count);
  }
  return fields;
}

function countValues(added: number, count: Count): void {
  count.values += added;
  if (count.values > limits.jsonNodes) throw exceededLimit("values");
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
