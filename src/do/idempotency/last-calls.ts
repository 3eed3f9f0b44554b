import type { CallId, IdempotencyStore, StoredCall } from "./idempotency-store.js";

/** The mutations that can delete an organization. Their results are empty. */
const PATHS = ["organizations.delete", "organizations.leave"];
/** Maximum number of calls that are kept. Usually it is one. */
const MAX_CALLS = 20;
const KEY = "userdo:last-calls";

type LastCall = CallId & StoredCall;

/** Keeps the keys of the calls that deleted an organization, so that their repeats get a reply after the table was deleted. */
export function createLastCalls({ store, kv }: { readonly store: IdempotencyStore; readonly kv: SyncKvStorage }) {
  return {
    /** Reads the calls. Returns the function that stores them when the table has been deleted. */
    take(): () => void {
      const calls: readonly LastCall[] = store.findByPaths(PATHS, MAX_CALLS);
      return () => {
        if (calls.length > 0) kv.put(KEY, calls);
      };
    },

    find({ caller, session, key }: CallId): StoredCall | undefined {
      const calls = kv.get<readonly LastCall[]>(KEY) ?? [];
      return calls.find((call) => call.caller === caller && call.session === session && call.key === key);
    },

    delete: (): void => void kv.delete(KEY),
  };
}

export type LastCalls = ReturnType<typeof createLastCalls>;
