import { byteLength } from "../../shared/byte-length.js";

/** Maximum bytes of a key in UTF-8. */
export const KV_KEY_BYTES = 512;

/** Keys with this prefix are reserved for the framework. */
const RESERVED = "__";

/** Why a value cannot be a key, as the rest of a sentence that begins with "A key"; `undefined` if it can. */
export function keyProblem(key: unknown): string | undefined {
  return key === "" ? "must have at least one character." : prefixProblem(key);
}

/** Why a value cannot be the prefix of keys, as {@link keyProblem}. A prefix can be empty. */
export function prefixProblem(prefix: unknown): string | undefined {
  if (typeof prefix !== "string") return "must be a string.";
  if (prefix.length > KV_KEY_BYTES || byteLength(prefix) > KV_KEY_BYTES)
    return `must have at most ${KV_KEY_BYTES} bytes in UTF-8.`;
  if (!prefix.isWellFormed()) return "must be well-formed text. Remove the half of a surrogate pair.";
  if (prefix.includes("\0")) return "must not contain a NUL character.";
  if (prefix.startsWith(RESERVED)) return `must not begin with "${RESERVED}", which is reserved for the framework.`;
  return undefined;
}
