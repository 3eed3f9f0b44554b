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

/** Characters of the longest unit that counts as a repetition: "12341234" repeats four. */
const LONGEST_UNIT = 4;

/**
 * Matches the passwords that are checked: 8 to 20 printable ASCII characters. Attackers do not start with patterns of longer
 * ones or of other scripts.
 */
const CHECKED_PASSWORD = /^[ -~]{8,20}$/;

/**
 * Whether a password repeats a few characters ("aaaaaaaa", "12341234"), or counts up or down ("abcdefgh", "0987654321").
 * The list of common passwords lacks most of these, because its authors recognize them by rules.
 */
export function isPredictable(password: string): boolean {
  return (
    CHECKED_PASSWORD.test(password) &&
    (isPattern(Array.from(password)) || isPattern(Array.from(password.toLowerCase())))
  );
}

function isPattern(characters: readonly string[]): boolean {
  const units = Array.from({ length: LONGEST_UNIT }, (_, index) => index + 1);
  return units.some((unit) => isRepetition(characters, unit)) || counts(characters, 1) || counts(characters, -1);
}

function isRepetition(characters: readonly string[], unit: number): boolean {
  return characters.every((character, index) => index < unit || character === characters[index - unit]);
}

function counts(characters: readonly string[], step: 1 | -1): boolean {
  return characters.every((character, index) => {
    const previous = characters[index - 1];
    return previous === undefined || neighbours(previous, step).includes(character);
  });
}

/** After a 9 comes ":" in ASCII, and 0 on a keyboard. Both count. */
function neighbours(character: string, step: 1 | -1): readonly string[] {
  const next = [String.fromCharCode(character.charCodeAt(0) + step)];
  return /^[0-9]$/.test(character) ? [...next, String((Number(character) + 10 + step) % 10)] : next;
}
