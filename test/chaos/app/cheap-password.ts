// Replaces src/do/accounts/passwords/password.ts, because schedules sign up thousands of users and test no passwords.

export async function hashPassword(password: string): Promise<string> {
  return password;
}

export async function verifyPassword(password: string, stored: string | undefined) {
  return { ok: password === stored, outdated: false };
}
