import type { WakeUp } from "../alarms.js";
import type { KvStore } from "./kv-store.js";

/** Most entries that one run removes: a long run would keep calls waiting. */
const PAGE = 1_000;

export interface KvExpiryOptions {
  readonly store: KvStore;
  readonly isBorn: () => boolean;
}

/** Removes what has expired, by alarm. Until then it is stored, and nobody sees it. */
export function createKvExpiry({ store, isBorn }: KvExpiryOptions): WakeUp {
  return {
    name: "kv",
    due: () => (isBorn() ? store.nextExpiry() : undefined),
    run: (now) => store.removeExpired(now, PAGE),
  };
}
