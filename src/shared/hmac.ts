const encoder = new TextEncoder();
const keys = new Map<string, Promise<CryptoKey>>();

/**
 * The HMAC-SHA-256 of a text in UTF-8. WebCrypto computes it, so every runtime has it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export async function hmac(secret: string, message: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await keyOf(secret), encoder.encode(message)));
}

/** Whether `mac` is the HMAC of a message. Compares in constant time. */
export async function verifyHmac(secret: string, message: string, mac: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return crypto.subtle.verify("HMAC", await keyOf(secret), mac, encoder.encode(message));
}

/** An app has two secrets, or three while one rotates, so the cache stays small. */
function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known) return known;
  const key = crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  keys.set(secret, key);
  return key;
}
