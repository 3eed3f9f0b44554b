import { hasEqualKeys } from "../../shared/equal-keys.js";
import { endOfString } from "../../shared/json-string.js";
import { limits } from "../../shared/limits.js";
import { Refused } from "./refusal.js";

/**
 * The deepest a request's text may nest: superjson's meta takes two levels for each Map or Set around a value, and
 * the batch, `meta` and `values` take three. Each input's own depth is checked to the letter by its transformer.
 */
const TEXT_DEPTH = 2 * limits.jsonDepth + 3;

/**
 * Parses JSON of a stranger. Depth and size are counted in the text first, so that nothing is built of what is
 * refused. Of two equal keys the last one counts, as JSON.parse has it; with `uniqueKeys` they are refused.
 *
 * @throws Refused BAD_REQUEST
 */
export function parseJson(text: string, { uniqueKeys = false }: { uniqueKeys?: boolean } = {}): unknown {
  checkSize(text);
  const value = parsed(text);
  if (uniqueKeys && hasEqualKeys(text, value)) {
    throw new Refused("BAD_REQUEST", "The input has the same key twice. Send what JSON.stringify returns.");
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Refused("BAD_REQUEST", "The input is not JSON, or was cut short. Send what JSON.stringify returns.");
  }
}

/** Checks the depth and the size of a text. */
function checkSize(text: string): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "]" || char === "}") depth--;
    else if (char === ",") values++;
    else if (char === "[" || char === "{") {
      depth++;
      values++;
    }
    if (depth > TEXT_DEPTH) {
      throw new Refused("BAD_REQUEST", `The input nests deeper than ${limits.jsonDepth} levels. Send a flatter value.`);
    }
    if (values > limits.jsonNodes) {
      throw new Refused(
        "BAD_REQUEST",
        `The input holds more than ${limits.jsonNodes} values. Send it in several calls.`,
      );
    }
  }
}
