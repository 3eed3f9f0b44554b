import { endOfString } from "./json-text.js";

/** The built-in procedures with inputs that identify an account. */
const ACCOUNT_PATH = /^(auth|account)\./;

/**
 * Whether an input with the same key twice is refused. A proxy in front of the Worker could have checked the first password or
 * token, and the object would use the second. Other procedures use the last value, as `JSON.parse` does.
 */
export function requiresUniqueKeys(path: string): boolean {
  return ACCOUNT_PATH.test(path);
}

/** Whether an object in a JSON text has the same key twice. `value` is the parsed text. */
export function hasDuplicateKeys(text: string, value: unknown): boolean {
  return countMembers(text) !== countKeys(value);
}

/** Counts the members of all objects in a JSON text. */
function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === ":") members++;
  }
  return members;
}

/** Counts the keys of all objects in a value. A recursion would overflow the stack on a deeply nested value. */
function countKeys(value: unknown): number {
  let keys = 0;
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    const parts: unknown[] = Object.values(next);
    if (!Array.isArray(next)) keys += parts.length;
    for (const part of parts) open.push(part);
  }
  return keys;
}
