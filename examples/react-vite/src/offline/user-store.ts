import type { StoredValues } from "./stored-values.ts";

const PREFIX = "tasks of ";
const STORE = "values";

/** One user's database in this browser. */
export interface UserStore {
  get<TKey extends keyof StoredValues>(key: TKey): Promise<StoredValues[TKey] | undefined>;
  set<TKey extends keyof StoredValues>(key: TKey, value: StoredValues[TKey]): Promise<void>;
  delete(key: keyof StoredValues): Promise<void>;
  keys(): Promise<string[]>;
  close(): void;
}

export function openUserStore(userId: string): UserStore {
  let isDeleted = false;
  const opened = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(PREFIX + userId);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error ?? new Error("The browser's storage cannot be opened."));
    request.onsuccess = () => {
      const database = request.result;
      // The user signed out, perhaps in another tab.
      database.onversionchange = () => {
        isDeleted = true;
        database.close();
      };
      resolve(database);
    };
  });

  async function run<TResult>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<TResult>) {
    const database = await opened;
    if (isDeleted) return undefined;
    return new Promise<TResult>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = use(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("The browser did not store the change."));
    });
  }

  return {
    get: (key) => run("readonly", (store) => store.get(key)),
    async set(key, value) {
      await run("readwrite", (store) => store.put(value, key));
    },
    async delete(key) {
      await run("readwrite", (store) => store.delete(key));
    },
    keys: async () => ((await run("readonly", (store) => store.getAllKeys())) ?? []).map(String),
    close: () => void opened.then((database) => database.close()),
  };
}

/** The ids of users with a database in this browser. */
export async function storedUserIds(): Promise<string[]> {
  const databases = await indexedDB.databases();
  return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
}

/** Deletes the databases of all users except one. */
export async function deleteUserStores(keptUserId?: string): Promise<void> {
  for (const id of await storedUserIds()) if (id !== keptUserId) indexedDB.deleteDatabase(PREFIX + id);
}
