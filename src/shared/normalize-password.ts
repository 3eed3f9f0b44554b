/**
 * A password in Unicode's composed form (NFC). Keyboards and systems send the same characters in different forms, and
 * their hashes would differ. Compatibility characters stay as they are, so that no two passwords become one.
 */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}
