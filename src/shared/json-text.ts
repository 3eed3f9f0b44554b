import type { ErrorReason } from "./error-reason.js";
import { limits } from "./limits.js";

/** The limits of a JSON text. */
export interface JsonTextLimits {
  /** Maximum nesting of arrays and objects. */
  readonly depth: number;
  /** Maximum number of values. Each array, object and comma counts as one. */
  readonly values: number;
}

/** The errors for inputs that exceed a limit: the same over HTTP, on sockets and for the value of each call. */
export const exceededLimitErrors = {
  depth: {
    code: "BAD_REQUEST",
    reason: "INPUT_TOO_DEEP",
    message: `The input nests deeper than ${limits.jsonDepth} levels. Send a flatter value.`,
  },
  values: {
    code: "BAD_REQUEST",
    reason: "INPUT_TOO_COMPLEX",
    message: `The input has more than ${limits.jsonNodes} values. Split it into several calls.`,
  },
} as const satisfies Record<keyof JsonTextLimits, { code: "BAD_REQUEST"; reason: ErrorReason; message: string }>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Returns which limit a JSON text exceeds; `undefined` if none. Does not parse the text, because a parser would allocate all of
 * a value that is then refused. The text may be malformed.
 */
export function findExceededLimit(
  text: string,
  { depth: maxDepth, values: maxValues }: JsonTextLimits,
): keyof JsonTextLimits | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
    else if (code === COMMA) values++;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth++;
      values++;
    }
    if (depth > maxDepth) return "depth";
    if (values > maxValues) return "values";
  }
  return undefined;
}

/**
 * Splits a JSON array into the texts of its items, without parsing it. Returns `undefined` if the brackets of the text
 * do not match, and a single item for a text that is not an array.
 */
export function splitJsonArray(text: string): string[] | undefined {
  const from = skipSpace(text, 0, 1);
  const to = skipSpace(text, text.length - 1, -1);
  if (text[from] !== "[") return [text];
  const items: string[] = [];
  let depth = 0;
  let start = from + 1;
  for (let at = from; at <= to; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth++;
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      if (--depth > 0) continue;
      if (at !== to || code !== CLOSE_ARRAY) return undefined;
      const isEmpty = items.length === 0 && skipSpace(text, start, 1) === at;
      return isEmpty ? [] : [...items, text.slice(start, at)];
    } else if (code === COMMA && depth === 1) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return undefined;
}

/** The next character that is not white space as JSON defines it. */
function skipSpace(text: string, from: number, step: 1 | -1): number {
  let at = from;
  while (at >= 0 && at < text.length && " \t\n\r".includes(text.charAt(at))) at += step;
  return at;
}

/** Returns the index of the quote that ends the string which begins at `start`, or the length of the text if none does. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
