import type { WakeUp } from "../lifecycle/alarms.js";
import type { KvStore } from "./kv-store.js";

/** Most entries that one run removes: a long run would keep calls waiting. */
const PAGE = 1_000;

export interface KvExpiryOptions {
  readonly store: KvStore;
  readonly isInitialized: () => boolean;
}

/** Removes what has expired, by alarm. Until then it is stored, and nobody sees it. */
export function createKvExpiry({ store, isInitialized }: KvExpiryOptions): WakeUp {
  return {
    name: "kv",
    due: () => (isInitialized() ? store.nextExpiry() : undefined),
    run: (now) => store.removeExpired(now, PAGE),
  };
}
