const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;
const LAST = 0x10ffff;

/**
 * The range of texts that start with a prefix: `from` is included, `to` is excluded and `undefined` if there is no
 * upper bound. Texts sort by code point, as SQLite sorts their UTF-8 bytes.
 */
export function prefixRange(prefix: string): { from: string; to: string | undefined } {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST) points.pop();
  const last = points.pop();
  if (last === undefined) return { from: prefix, to: undefined };
  const next = last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1;
  return { from: prefix, to: String.fromCodePoint(...points, next) };
}
