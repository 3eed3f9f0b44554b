import type { StoredSubscription } from "../connections/attachment.js";
import { formatLiveEventId } from "../../shared/live-event-id.js";
import type { LiveEvent, LiveResult } from "./live-result.js";

/** The events that deliver one result. */
export interface ResultEvents {
  /** Size of the whole result, in bytes. Exact if a subscription needs the whole result. */
  readonly resultBytes: number;
  /** Size of the largest event that may deliver the result, in bytes. */
  readonly largest: number;
  /** Returns the event for a subscription; `undefined` if its client has the result already. */
  of(stored: StoredSubscription): LiveEvent | undefined;
}

/**
 * Creates the events of a result, each at most once for all subscriptions: the changes for clients that have the previous version of
 * the result and read deltas, and the whole result for all others.
 *
 * @param cursor the position in the change log
 */
export function createResultEvents(
  result: LiveResult,
  cursor: string,
  subscriptions: readonly { readonly stored: StoredSubscription }[],
): ResultEvents {
  const id = formatLiveEventId(cursor, result.hash);
  const isCurrent = ({ live }: StoredSubscription): boolean => live?.hash === result.hash;
  const hasBase = ({ live, readsDeltas }: StoredSubscription): boolean =>
    readsDeltas === true && result.base !== undefined && live?.hash === result.base;
  const changed = subscriptions.filter(({ stored }) => !isCurrent(stored));
  const delta = changed.some(({ stored }) => hasBase(stored)) ? result.delta(id) : undefined;
  const whole = changed.some(({ stored }) => !delta || !hasBase(stored)) ? result.whole(id) : undefined;
  return {
    resultBytes: whole ? result.wholeBytes() : result.bytes,
    largest: whole?.bytes ?? result.bytes,
    of(stored) {
      if (isCurrent(stored)) return undefined;
      return delta && hasBase(stored) ? delta : whole;
    },
  };
}
