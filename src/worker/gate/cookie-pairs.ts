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
    name: text.slice(0, Math.max(text.indexOf("="), 0)).replaceAll(/^[ \t]+|[ \t]+$/g, ""),
    text,
  }));
}
