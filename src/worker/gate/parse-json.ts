import { hasEqualKeys } from "../../shared/equal-keys.js";
import { findExceededLimit, inputTooDeep, inputTooManyValues } from "../../shared/json-text-limits.js";
import { limits } from "../../shared/limits.js";
import { GateRefusal } from "./refusal.js";

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
    throw new GateRefusal("BAD_REQUEST", "The input has the same key twice. Send what JSON.stringify returns.");
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new GateRefusal("BAD_REQUEST", "The input is not JSON, or was cut short. Send what JSON.stringify returns.");
  }
}

/** Checks the depth and the size of a text. */
function checkSize(text: string): void {
  const exceeded = findExceededLimit(text, { depth: TEXT_DEPTH, values: limits.jsonNodes });
  if (exceeded === "depth") throw new GateRefusal("BAD_REQUEST", inputTooDeep);
  if (exceeded === "values") throw new GateRefusal("BAD_REQUEST", inputTooManyValues);
}
