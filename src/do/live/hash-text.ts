import { createHash } from "node:crypto";

/** How many characters are hashed at a time. Hashing copies the string. */
const HASHED_AT_ONCE = 65_536;

/** Returns the hash of a text. */
export function hashText(text: string): string {
  const hash = createHash("sha256");
  for (let from = 0; from < text.length;) {
    let until = from + HASHED_AT_ONCE;
    // A surrogate pair must not be split, because half of it cannot be encoded.
    if (isHighSurrogate(text.charCodeAt(until - 1))) until--;
    hash.update(text.slice(from, until));
    from = until;
  }
  return hash.digest("base64url").slice(0, 22);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
