/** One cookie in a `Cookie` header. */
export interface CookiePair {
  readonly name: string;
  /** The whole pair, not decoded. */
  readonly text: string;
}

/**
 * Splits a `Cookie` header. A pair without an equals sign has an empty name.
 *
 * Only spaces and tabs are trimmed from a name. Browsers accept other white space in a name, so a sibling domain could set
 * a cookie that would become a `__Host-` name by trimming. A comma is not a separator, for the same reason.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5.2
 */
export function cookiePairs(header: string): CookiePair[] {
  return header.split(";").map((text) => ({
    name: trim(text.slice(0, Math.max(text.indexOf("="), 0))),
    text,
  }));
}

/** Not a regular expression, because that takes quadratic time if other software sets a name with many spaces. */
function trim(name: string): string {
  let [start, end] = [0, name.length];
  while (isSpace(name[start])) start++;
  while (end > start && isSpace(name[end - 1])) end--;
  return name.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
