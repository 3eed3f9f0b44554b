import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { stateOf } from "../client/client-state.js";
import type { ClientSession } from "../client/client-sessions.js";
import { sessionKey } from "../client/session-key.js";
import { createUserOfClient } from "./user-of-client.js";

/** A place for texts: `localStorage`, React Native's AsyncStorage, or functions over IndexedDB. */
export interface UserStorage {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

export interface UserPersisterOptions<TRouter extends AnyTRPCRouter> {
  /** The app's client, from `createClient`. */
  readonly client: TRPCClient<TRouter>;
  /** Where the cache is stored. */
  readonly storage: UserStorage;
  /** The version of the app. The persister deletes a cache of another version. */
  readonly version: string;
  /**
   * The key in the storage. Two servers need different ones.
   * @default "trpc-userdo"
   */
  readonly key?: string;
}

/** A dehydrated cache, as TanStack Query passes it to a persister. The types fit any version, without an import. */
export interface PersistedCache {
  timestamp: number;
  buster: string;
  clientState: object;
}

/** A `Persister` of `@tanstack/query-persist-client-core`. */
export interface UserPersister {
  readonly persistClient: (cache: PersistedCache) => void;
  readonly restoreClient: () => Promise<(PersistedCache & { clientState: never }) | undefined>;
  readonly removeClient: () => Promise<void>;
}

/** The stored value: one user's cache, written by one version of the app. */
interface Stored {
  readonly user: string;
  readonly version: string;
  readonly cache: PersistedCache;
}

/** The time between two writes, in milliseconds. */
const WRITE_AFTER_MS = 1_000;

/**
 * Creates a persister for TanStack Query's `persistQueryClient`. It stores the cache of the signed-in user, returns it only to
 * the same user and version of the app, and deletes it when the user signs out.
 *
 * @throws Error for a client that `createClient` did not create
 * @example
 * ```ts
 * persistQueryClient({ queryClient, persister: createUserPersister({ client, storage: localStorage, version: "42" }) });
 * ```
 */
export function createUserPersister<TRouter extends AnyTRPCRouter>(
  options: UserPersisterOptions<TRouter>,
): UserPersister {
  const { client, storage, version, key = "trpc-userdo" } = options;
  const state = stateOf(client);
  if (!state) throw new Error("createUserPersister() needs a client of createClient().");
  const users = createUserOfClient({ client, state });
  const session = (): ClientSession | undefined => state.sessions?.current();
  let waiting: { readonly cache: PersistedCache; readonly session: ClientSession | undefined } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The newest access to the storage. Each one waits for the one before it. */
  let last: Promise<unknown> = Promise.resolve();

  function enqueue<TResult>(run: () => Promise<TResult>): Promise<TResult> {
    const result = last.then(run);
    last = result.catch(() => {});
    return result;
  }

  const remove = async (): Promise<void> => void (await storage.removeItem(key));

  function deleteAll(): Promise<void> {
    clearTimeout(timer);
    timer = waiting = undefined;
    return enqueue(remove);
  }

  async function write(): Promise<void> {
    const written = waiting;
    timer = waiting = undefined;
    // The session identifies the user of a cache, even before a response has named that user.
    if (!written || written.session?.isEnded) return;
    const user = await users.current();
    if (user === undefined || written.session?.isEnded) return;
    try {
      await storage.setItem(key, superjson.stringify({ user, version, cache: written.cache } satisfies Stored));
    } catch {
      // The storage is full. An older cache must not stay.
      await remove();
    }
  }

  async function read(): Promise<Stored | undefined> {
    try {
      const text = await storage.getItem(key);
      return text ? superjson.parse<Stored>(text) : undefined;
    } catch {
      return undefined;
    }
  }

  // Another tab, or a sign-in, may have replaced the user. Nothing of the previous one stays.
  state.signIn.listen(() => void deleteAll().catch(() => {}));

  return {
    persistClient(cache) {
      waiting = { cache, session: session() };
      timer ??= setTimeout(() => void enqueue(write).catch(() => {}), WRITE_AFTER_MS);
    },

    async restoreClient() {
      const started = session();
      const stored = await enqueue(read);
      if (!stored) return undefined;
      const user = stored.version === version ? await users.find(stored.user) : undefined;
      if (user === stored.user && !started?.isEnded) {
        return { ...stored.cache, clientState: withOldSession(stored.cache.clientState) as never };
      }
      await deleteAll();
      return undefined;
    },

    removeClient: deleteAll,
  };
}

interface DehydratedCache {
  readonly queries?: readonly { readonly queryKey: readonly unknown[]; readonly state: object }[];
}

/** Marks the signed-in user as stale, so that `useSession` shows the user and asks the server. */
function withOldSession(cache: DehydratedCache): DehydratedCache {
  const queries = cache.queries?.map((query) =>
    query.queryKey[0] === sessionKey[0] ? { ...query, state: { ...query.state, isInvalidated: true } } : query,
  );
  return { ...cache, ...(queries && { queries }) };
}
