import type { StoredLive, StoredSubscription } from "../connections/attachment.js";
import type { Subscription } from "../connections/subscription.js";
import type { Read } from "../tables/reads/read-recorder.js";

export interface ResultStatesOptions {
  /** Stores a subscription for hibernation. */
  readonly write: (subscription: Subscription, stored: StoredSubscription) => void;
  /** Runs work that writes many subscriptions. */
  readonly batched: (work: () => void) => void;
}

/** How often the state of a result is stored, in milliseconds. */
const INTERVAL_MS = 1_000;

/**
 * Stores which results clients have received. A write takes a seventh of the time of sending a result. If a result changes again
 * within a second, it is stored as unknown, and the latest result is stored at the end of that second.
 *
 * The stored state is therefore never wrong. After an eviction in between, the client may receive a result twice, and any change of
 * an existing row may run the query. The pending timer keeps the object from hibernating before.
 */
export function createResultStates({ write, batched }: ResultStatesOptions) {
  const writtenAt = new WeakMap<Subscription, number>();
  /** The subscriptions with a result that is stored as unknown. */
  const deferredSubscriptions = new Set<Subscription>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function writeAll(): void {
    timer = undefined;
    const subscriptions = [...deferredSubscriptions];
    deferredSubscriptions.clear();
    const now = Date.now();
    batched(() => {
      for (const subscription of subscriptions) {
        if (subscription.hasEnded) continue;
        writtenAt.set(subscription, now);
        write(subscription, subscription.stored);
      }
    });
  }

  return {
    /** Stores the state of a subscription with a changed result, now or later. */
    onChange(subscription: Subscription, live: StoredLive): void {
      if (deferredSubscriptions.has(subscription)) return;
      const now = Date.now();
      if (now - (writtenAt.get(subscription) ?? -Infinity) >= INTERVAL_MS) {
        writtenAt.set(subscription, now);
        return write(subscription, subscription.stored);
      }
      deferredSubscriptions.add(subscription);
      timer ??= setTimeout(writeAll, INTERVAL_MS);
      const { reads } = conditionsOf(live.reads);
      write(subscription, { ...subscription.stored, live: { hash: undefined, reads, shared: live.shared } });
    },

    /** Called when the whole state of a subscription is stored. */
    onWrite: (subscription: Subscription): void => void deferredSubscriptions.delete(subscription),
  };
}

/** Whether two states differ in nothing but the result: in its hash, and in the rows that the query found. */
export function isSameQuery(one: StoredLive | undefined, other: StoredLive): boolean {
  if (one?.shared !== other.shared) return false;
  return one.reads === other.reads || conditionsOf(one.reads).text === conditionsOf(other.reads).text;
}

interface Conditions {
  /** The reads without the rows that they found, so that they are true for each result of the query. */
  readonly reads: readonly Read[];
  readonly text: string;
}

const conditionsByReads = new WeakMap<readonly Read[], Conditions>();

/** Subscriptions that share a result share its reads, so this is computed once for all of them. */
function conditionsOf(reads: readonly Read[]): Conditions {
  const cached = conditionsByReads.get(reads);
  if (cached) return cached;
  const without = reads.map(({ found: _found, ...read }) => read);
  const conditions = { reads: without, text: JSON.stringify(without) };
  conditionsByReads.set(reads, conditions);
  return conditions;
}
