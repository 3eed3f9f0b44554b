const encoder = new TextEncoder();

/** Counts the bytes without encoding the text. Browsers, and Workers without `nodejs_compat`, do not have it. */
const { Buffer } = globalThis as { readonly Buffer?: { byteLength(text: string): number } };

/** The length of a text in bytes of UTF-8. Half of a surrogate pair counts as three bytes, those of U+FFFD. */
export function byteLength(text: string): number {
  return Buffer ? Buffer.byteLength(text) : encoder.encode(text).length;
}
