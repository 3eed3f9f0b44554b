import { byteLength } from "../../shared/byte-length.js";

/** Maximum bytes of a key in UTF-8. */
export const KV_KEY_BYTES = 512;

/** Keys with this prefix are reserved for the framework. */
const RESERVED = "__";

/** Why a value cannot be a key, as the rest of a sentence that begins with "A key"; `undefined` if it can. */
export function keyProblem(key: unknown): string | undefined {
  return key === "" ? "has at least one character." : prefixProblem(key);
}

/** The same for the beginning of a key, which may be empty. */
export function prefixProblem(prefix: unknown): string | undefined {
  if (typeof prefix !== "string") return "is text.";
  // A character takes one byte at least and three at most (a surrogate pair four, which are two characters).
  if (prefix.length > KV_KEY_BYTES || byteLength(prefix) > KV_KEY_BYTES) return `takes at most ${KV_KEY_BYTES} bytes.`;
  if (!prefix.isWellFormed()) return "is well-formed text: this one holds half of a surrogate pair.";
  if (prefix.includes("\0")) return "holds no NUL character.";
  if (prefix.startsWith(RESERVED)) return `does not begin with "${RESERVED}", which is reserved.`;
  return undefined;
}
