import { endOfString } from "../../shared/json-text.js";

const MAX_ID_LENGTH = 128;
const ID = new RegExp(`"id"\\s*:\\s*(-?[0-9]{1,16}(?![0-9.eE])|"[^"\\\\]{0,${MAX_ID_LENGTH}}")`, "y");

export function isId(id: unknown): id is string | number {
  return typeof id === "string" ? id.length <= MAX_ID_LENGTH : Number.isSafeInteger(id);
}

/**
 * Returns the id of the first message of a frame that is too large to be scanned. It recognizes the form that tRPC's own client
 * sends.
 */
export function idOfFrame(text: string): number | null {
  const id = /^\[?\{"id":([0-9]{1,15}),/.exec(text.slice(0, 32))?.[1];
  return id === undefined ? null : Number(id);
}

/** Reads the id of a message from its text, so that a message can be refused under its id without parsing it. */
export function readMessageId(text: string): string | number | null {
  let depth = 0;
  let found: unknown = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === '"') {
      ID.lastIndex = at;
      const id = depth === 1 ? ID.exec(text)?.[1] : undefined;
      if (id !== undefined) found = JSON.parse(id);
      at = endOfString(text, at);
    }
  }
  return isId(found) ? found : null;
}
