/** One name and its value in URL-encoded text. Each is `undefined` if it is not percent-encoded UTF-8. */
export interface UrlEncodedPair {
  readonly name: string | undefined;
  readonly value: string | undefined;
}

/**
 * Parses the query of a URL or the body of a form. Unlike `URLSearchParams`, it does not replace malformed bytes with
 * U+FFFD, so that callers can reject them.
 *
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function parseUrlEncoded(text: string): readonly UrlEncodedPair[] {
  if (text === "") return [];
  return text.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return { name: decodeField(name), value: decodeField(value) };
  });
}

/** Decodes percent-encoded UTF-8; `undefined` if it is malformed. */
export function decodePercent(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A plus sign encodes a space in queries and forms, but not in paths. */
function decodeField(text: string): string | undefined {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
}
