/** The characters of words in the index. All others separate words. */
const WORD = /[\p{L}\p{N}]/u;
/** More terms do not make a search more precise. */
const MAX_TERMS = 8;

/**
 * Translates the text that an operator entered into a query of FTS5: every term must be found, and the last word of each can be incomplete.
 * A term with several words, such as an email address, is a phrase. Returns `undefined` for a text without words.
 */
export function toSearchQuery(text: string): string | undefined {
  const terms = text
    .split(/[\s\p{Cc}]+/u)
    .filter((term) => WORD.test(term))
    .slice(0, MAX_TERMS);
  // A quoted string has no operators.
  return terms.length === 0 ? undefined : terms.map((term) => `"${term.replaceAll('"', '""')}" *`).join(" ");
}
