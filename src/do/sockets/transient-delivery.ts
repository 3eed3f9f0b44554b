import { formatCursor } from "../../shared/cursor.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { NEEDS_SNAPSHOT, type Flush, type Position, type TrackedChange } from "../change-log/flush.js";
import { matchesRow } from "../change-log/row-filter.js";
import type { Subscription } from "../connections/subscription.js";
import type { ConnectionAccess } from "./connection-access.js";

export interface TransientDeliveryOptions extends Pick<ConnectionAccess, "authorizeAssumingOpen" | "whenResolved"> {
  readonly hub: ChangeHub;
  /** Whether the next event of a subscription has to wait for its client to read. */
  readonly isWaiting: (subscription: Subscription) => boolean;
  readonly fallBehind: (subscription: Subscription, position: Position) => void;
  /** Sends a change, and returns whether there was room for it. */
  readonly send: (subscription: Subscription, change: TrackedChange) => boolean;
  /** Schedules a subscription to catch up in its member's turn. */
  readonly catchUpLater: (subscription: Subscription) => void;
}

/** The changes that wait until a subscription is ready. They are in the hub's memory. */
interface WaitingChanges {
  readonly from: number;
  readonly count: number;
}

/**
 * Sends changes that are not stored to the subscribers of sources. A client that reads too slowly misses them. They wait only while
 * the procedure of the subscription runs again after hibernation, its access is being checked, or stored changes come first.
 */
export function createTransientDelivery(options: TransientDeliveryOptions) {
  const { hub, isWaiting, fallBehind, send, authorizeAssumingOpen, whenResolved, catchUpLater } = options;
  const waiting = new WeakMap<Subscription, WaitingChanges>();

  /**
   * @param all the number of changes in the flush
   * @param count the number of those that concern the subscription
   */
  function hold(subscription: Subscription, all: number, count: number): void {
    const known = waiting.get(subscription);
    const from = known?.from ?? hub.transients.nextNumber() - all;
    waiting.set(subscription, { from, count: (known?.count ?? 0) + count });
    if (subscription.catchUpFrom) return;
    subscription.fallBehind({ after: hub.head() });
    if (subscription.phase === "dormant") catchUpLater(subscription);
  }

  /** Called when a client misses changes. With a snapshot, it gets that when it reads again. */
  function miss(subscription: Subscription, table: string, count: number): void {
    if (count === 0) return;
    if (!hub.hasSnapshot(table)) return hub.transients.drop(count);
    waiting.delete(subscription);
    if (subscription.catchUpFrom !== NEEDS_SNAPSHOT) fallBehind(subscription, NEEDS_SNAPSHOT);
  }

  return {
    /** Sends a subscriber the changes of a flush. */
    deliver(subscription: Subscription, flush: Flush, table: string): void {
      const { connection, stored } = subscription;
      if (stored.rows && !flush.concerns(table, stored.rows)) return;
      // The snapshot includes the changes.
      if (typeof subscription.catchUpFrom?.after === "string" && hub.hasSnapshot(table)) return;
      const all = flush.page(table).changes;
      const changes = all.filter(({ id }) => matchesRow(stored.rows, id));
      if (isWaiting(subscription)) return miss(subscription, table, changes.length);
      if (!authorizeAssumingOpen(connection)) {
        if (whenResolved(connection)) return hold(subscription, all.length, changes.length);
        return miss(subscription, table, changes.length);
      }
      if (!subscription.isOpen || subscription.catchUpFrom) return hold(subscription, all.length, changes.length);
      for (const change of changes) if (!send(subscription, change)) miss(subscription, table, 1);
    },

    /** Sends the changes that waited, after the subscriber has caught up with the stored ones. */
    release(subscription: Subscription, table: string): void {
      const waitingChanges = waiting.get(subscription);
      if (!waitingChanges) return;
      waiting.delete(subscription);
      // The cursor of now, because the subscriber has received all stored changes up to it.
      const cursor = formatCursor(hub.head());
      const changes = hub.transients.since(waitingChanges.from, table, subscription.stored.rows);
      miss(subscription, table, waitingChanges.count - changes.length);
      for (const { id, change } of changes) {
        if (isWaiting(subscription) || !send(subscription, { cursor, id, change })) miss(subscription, table, 1);
      }
    },
  };
}
