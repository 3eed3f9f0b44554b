// In the place of src/do/accounts/password.ts: thousands of sign-ups, none of which is about passwords.

export async function hashPassword(password: string): Promise<string> {
  return password;
}

export async function verifyPassword(password: string, stored: string | undefined) {
  return { ok: password === stored, outdated: false };
}
