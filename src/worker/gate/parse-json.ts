import { hasDuplicateKeys } from "../../shared/duplicate-keys.js";
import type { ErrorReason } from "../../shared/error-reason.js";
import { exceededLimitErrors, findExceededLimit } from "../../shared/json-text.js";
import { limits } from "../../shared/limits.js";
import { GateRefusal } from "./refusal.js";

/**
 * The maximum nesting of a request's text. superjson's `meta` needs two levels for each Map or Set around a value, and
 * the batch, `meta` and `values` need three. The transformer checks the exact depth of each input.
 */
const TEXT_DEPTH = 2 * limits.jsonDepth + 3;

/**
 * Parses untrusted JSON. Checks depth and size in the text first, because a parser would allocate all of a value that is
 * then refused. As with JSON.parse, the last of two equal keys counts; with `uniqueKeys`, equal keys are refused.
 *
 * @throws GateRefusal BAD_REQUEST
 */
export function parseJson(text: string, { uniqueKeys = false }: { uniqueKeys?: boolean } = {}): unknown {
  checkSize(text);
  const value = parseText(text);
  if (uniqueKeys && hasDuplicateKeys(text, value)) {
    throw badRequest("DUPLICATE_KEY", "The input has the same key twice. Send what JSON.stringify returns.");
  }
  return value;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw badRequest("INPUT_MALFORMED", "The input is not complete JSON. Send what JSON.stringify returns.");
  }
}

function checkSize(text: string): void {
  const exceeded = findExceededLimit(text, { depth: TEXT_DEPTH, values: limits.jsonNodes });
  if (exceeded) throw new GateRefusal(exceededLimitErrors[exceeded]);
}

function badRequest(reason: ErrorReason, message: string): GateRefusal {
  return new GateRefusal({ code: "BAD_REQUEST", reason, message });
}
