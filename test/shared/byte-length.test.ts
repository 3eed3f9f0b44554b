import { expect, it } from "vitest";
import { byteLength } from "../../src/shared/byte-length.js";

it.each([
  ["", 0],
  ["a", 1],
  ["\0", 1],
  ["ü", 2],
  ["€", 3],
  ["😀", 4],
  ["\u{1F468}\u200D\u{1F467}", 11],
  // Half of a surrogate pair becomes U+FFFD.
  ["\uD83D", 3],
  ["\uDE00\uD83D", 6],
])("counts the bytes of %j in UTF-8", (text, bytes) => {
  expect(byteLength(text)).toBe(bytes);
  expect(new TextEncoder().encode(text)).toHaveLength(bytes);
});
