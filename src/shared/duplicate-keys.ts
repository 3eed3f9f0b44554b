import { endOfString } from "./json-text.js";

/** The built-in procedures whose inputs say who somebody is. */
const ACCOUNT_PATH = /^(auth|account)\./;

/**
 * Whether two equal keys in a call's text are refused. What stands in front may have looked at one password or token,
 * and the object at the other. Elsewhere the last one counts, as JSON.parse has it.
 */
export function requiresUniqueKeys(path: string): boolean {
  return ACCOUNT_PATH.test(path);
}

/** Whether one of the objects in a JSON text has a key twice. `value` is what the text was parsed into. */
export function hasDuplicateKeys(text: string, value: unknown): boolean {
  return countMembers(text) !== countKeys(value);
}

/** How many members the objects in a text have. */
function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === ":") members++;
  }
  return members;
}

/** How many keys are left of them. A loop: how deep a stranger nests must not decide when the stack ends. */
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
