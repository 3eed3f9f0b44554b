import type { LastUser } from "./stored-values.ts";
import { openUserStore, storedUserIds } from "./user-store.ts";

export async function readLastUser(): Promise<LastUser | undefined> {
  const [id] = await storedUserIds();
  if (id === undefined) return undefined;
  const store = openUserStore(id);
  try {
    return await store.get("user");
  } finally {
    store.close();
  }
}

export async function storeLastUser(user: LastUser): Promise<void> {
  const store = openUserStore(user.id);
  try {
    await store.set("user", user);
  } finally {
    store.close();
  }
}
