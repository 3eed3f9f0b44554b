import type { AlarmTask } from "../lifecycle/alarms.js";
import type { KvStore } from "./kv-store.js";

/** Most entries that one run deletes. A longer run would delay calls. */
const PAGE_SIZE = 1_000;

export interface KvExpiryOptions {
  readonly store: KvStore;
  readonly isInitialized: () => boolean;
}

/** Deletes expired entries by the alarm. Until then they are stored, but no read returns them. */
export function createKvExpiry({ store, isInitialized }: KvExpiryOptions): AlarmTask {
  return {
    name: "kv",
    due: () => (isInitialized() ? store.nextExpiry() : undefined),
    run: (now) => store.deleteExpired(now, PAGE_SIZE),
  };
}
