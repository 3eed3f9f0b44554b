/** One cookie of a request's header, as it was sent. */
export interface CookiePair {
  readonly name: string;
  readonly text: string;
}

/**
 * Splits a `Cookie` header. A pair without an equals sign has an empty name.
 *
 * Only spaces and tabs are trimmed from a name. Browsers accept other spaces in it, so that a sibling domain could set what
 * reads as a `__Host-` name once they are trimmed. A comma does not separate either, for the same reason.
 */
export function cookiePairs(header: string): CookiePair[] {
  return header.split(";").map((text) => ({
    name: trim(text.slice(0, Math.max(text.indexOf("="), 0))),
    text,
  }));
}

/** A regular expression for this would take quadratic time: other software can set a cookie with many spaces in its name. */
function trim(name: string): string {
  let [start, end] = [0, name.length];
  while (isSpace(name[start])) start++;
  while (end > start && isSpace(name[end - 1])) end--;
  return name.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
