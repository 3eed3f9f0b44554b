import { openUserStore, storedUserIds } from "./user-store.ts";

const KEY = "user";

/** The user who was signed in when the session was last checked. */
export interface LastUser {
  readonly id: string;
  readonly email: string;
}

export async function readLastUser(): Promise<LastUser | undefined> {
  const [id] = await storedUserIds();
  if (id === undefined) return undefined;
  const store = openUserStore(id);
  try {
    return (await store.get(KEY)) as LastUser | undefined;
  } finally {
    store.close();
  }
}

export async function storeLastUser(user: LastUser): Promise<void> {
  const store = openUserStore(user.id);
  try {
    await store.set(KEY, user);
  } finally {
    store.close();
  }
}
