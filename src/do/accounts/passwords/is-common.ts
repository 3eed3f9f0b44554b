import { createHash } from "node:crypto";

/** Decoded once per isolate, for the first new password. */
let digests: DataView | undefined;

/** Whether a password is on the list of the most common passwords, which attackers try first. */
export async function isCommon(password: string): Promise<boolean> {
  digests ??= decode((await import("./common-passwords.js")).commonPasswords);
  return contains(digests, password) || contains(digests, password.toLowerCase());
}

function contains(sorted: DataView, password: string): boolean {
  const wanted = createHash("sha256").update(password).digest().readUInt32BE(0);
  let low = 0;
  let high = sorted.byteLength / 4;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted.getUint32(middle * 4) < wanted) low = middle + 1;
    else high = middle;
  }
  return low * 4 < sorted.byteLength && sorted.getUint32(low * 4) === wanted;
}

function decode(base64: string): DataView {
  const binary = atob(base64);
  return new DataView(Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer);
}
