const KEY = "last user";

/** The user who was signed in when the session was last checked. */
export interface LastUser {
  readonly id: string;
  readonly email: string;
}

export function readLastUser(): LastUser | undefined {
  const text = localStorage.getItem(KEY);
  return text === null ? undefined : (JSON.parse(text) as LastUser);
}

export function storeLastUser(user: LastUser | undefined): void {
  if (user) localStorage.setItem(KEY, JSON.stringify({ id: user.id, email: user.email }));
  else localStorage.removeItem(KEY);
}
