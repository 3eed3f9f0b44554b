import { parseCursor } from "../../shared/cursor.js";
import { RECENT_SIZE } from "../connections/output-grants.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { byteLength } from "../../shared/byte-length.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { positionOf, type Flush, type Position, type TrackedChange } from "../change-log/flush.js";
import type { Frames } from "../connections/frames.js";
import { matchesRow, type RowFilter } from "../change-log/row-filter.js";
import type { Subscription } from "../connections/subscription.js";
import type { ConnectionAccess } from "./connection-access.js";
import { createTransientDelivery } from "./transient-delivery.js";

export interface SourceDeliveryOptions extends Pick<
  ConnectionAccess,
  "authorizeDelivery" | "authorizeAssumingOpen" | "whenResolved"
> {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly update: (subscription: Subscription, change: Partial<StoredSubscription>) => void;
  /** Schedules a subscription to catch up in its member's turn. */
  readonly catchUpLater: (subscription: Subscription) => void;
}

interface SendResult {
  /** Whether all changes were sent. */
  readonly isComplete: boolean;
  /** The last change that was sent. */
  readonly last: TrackedChange | undefined;
  /** Size of the last event that was considered, in bytes; otherwise 0. */
  readonly lastBytes: number;
}

/** An event with the id of a subscription. */
interface EventFrame extends Pick<StoredSubscription, "id" | "jsonrpc"> {
  readonly of: TrackedChange;
  readonly text: string;
  readonly bytes: number;
}

/** How many changes are read at a time for a lagging subscriber. After each page the client must still be reading. */
const PAGE_SIZE = 128;

/** Longest event, in characters, that is cached for the lifetime of its change. */
const LONG_EVENT = 16_384;

/** Sends changes to the subscribers of sources: immediately, or page by page if they lag. */
export function createSourceDelivery(options: SourceDeliveryOptions) {
  const { hub, frames, authorizeDelivery, authorizeAssumingOpen, update, catchUpLater } = options;
  /** The part of each event that is the same for all its subscribers. */
  const events = new WeakMap<TrackedChange, string>();
  /** The last long event. Long events are not in the WeakMap, whose entries are collected too late to bound the memory. */
  let long: { readonly of: TrackedChange; readonly event: string } | undefined;
  /** The last frame, which is the same for all subscriptions with the same id. */
  let last: EventFrame | undefined;

  /** Expected size of the next event of a lagging subscription, in bytes. No page is read while there is no room for it. */
  const expected = new WeakMap<Subscription, number>();

  function eventOf(tracked: TrackedChange): string {
    const known = long?.of === tracked ? long.event : events.get(tracked);
    if (known !== undefined) return known;
    const event = frames.event(tracked.cursor, tracked.change);
    if (event.length > LONG_EVENT) long = { of: tracked, event };
    else events.set(tracked, event);
    return event;
  }

  function frameOf({ id, jsonrpc }: StoredSubscription, tracked: TrackedChange): EventFrame {
    const known = last;
    if (known?.of === tracked && known.id === id && known.jsonrpc === jsonrpc) return known;
    const text = frames.withEvent({ id, jsonrpc }, eventOf(tracked));
    return (last = { of: tracked, id, jsonrpc, text, bytes: byteLength(text) });
  }

  /** Sends changes until the client's window is full. */
  function send(
    { connection, stored }: Subscription,
    changes: readonly TrackedChange[],
    rows: RowFilter | undefined,
  ): SendResult {
    let sent: TrackedChange | undefined;
    let lastBytes = 0;
    for (const tracked of changes) {
      if (rows && !matchesRow(rows, tracked.id)) continue;
      // Checked first, because an event is serialized only if it may be sent.
      if (sent && connection.isWaiting(lastBytes)) return { isComplete: false, last: sent, lastBytes };
      const { text, bytes } = frameOf(stored, tracked);
      lastBytes = bytes;
      if (connection.isWaiting(bytes)) return { isComplete: false, last: sent, lastBytes };
      connection.sendAuthorized(text, bytes);
      sent = tracked;
    }
    return { isComplete: true, last: sent, lastBytes };
  }

  /** Stores the position as well, so that the subscription catches up even if the object hibernates before. */
  function fallBehind(subscription: Subscription, position: Position): void {
    subscription.fallBehind(position);
    update(subscription, { cursor: positionOf(position) });
  }

  /**
   * Whether the next event of a subscription has to wait. If so, requests memory for an event as long as the last one that did not
   * fit: a smaller grant would not be enough, and a larger one would keep memory from other sockets.
   */
  function isWaiting(subscription: Subscription): boolean {
    return subscription.connection.isWaiting(expected.get(subscription) ?? RECENT_SIZE);
  }

  /** Sends a subscriber the changes that it missed, until its client's window is full. */
  function catchUp(subscription: Subscription): void {
    const { connection, stored } = subscription;
    const [table] = stored.tables;
    if (table === undefined || stored.kind !== "source") return;
    const maySend = !isWaiting(subscription) && authorizeDelivery(connection);
    while (maySend && subscription.catchUpFrom && !isWaiting(subscription)) {
      const { after, until = hub.head() } = subscription.catchUpFrom;
      const { changes, next } = hub.since(table, subscription.catchUpFrom, { rows: stored.rows, limit: PAGE_SIZE });
      const { isComplete, last, lastBytes } = send(subscription, changes, undefined);
      if (lastBytes > 0) expected.set(subscription, lastBytes);
      else expected.delete(subscription);
      if (isComplete) subscription.advanceTo(next);
      else if (last) subscription.advanceTo({ after, from: parseCursor(last.cursor), until });
      else break;
    }
    // The size of a missed row says nothing about the next event.
    if (!subscription.catchUpFrom) {
      expected.delete(subscription);
      transients.release(subscription, table);
    }
    // Stored only for lagging subscribers, because writing an attachment costs as much as sending an event.
    const cursor = subscription.catchUpFrom && positionOf(subscription.catchUpFrom);
    if (cursor !== stored.cursor) update(subscription, { cursor });
  }

  const transients = createTransientDelivery({
    ...options,
    isWaiting,
    fallBehind,
    send: (subscription, change) => send(subscription, [change], undefined).isComplete,
  });

  return {
    fallBehind,
    catchUp,
    isWaiting,

    /** Sends a subscriber the changes of a flush. */
    deliver(subscription: Subscription, flush: Flush, table: string): void {
      if (flush.isTransient || flush.hasSnapshot) return transients.deliver(subscription, flush, table);
      const { connection, stored } = subscription;
      const { rows } = stored;
      // A lagging subscriber receives this flush when it catches up.
      if (subscription.catchUpFrom || (rows && !flush.concerns(table, rows))) return;
      if (isWaiting(subscription) || !authorizeAssumingOpen(connection))
        return fallBehind(subscription, { after: flush.from });
      if (!subscription.isOpen) {
        subscription.fallBehind({ after: flush.from });
        return catchUpLater(subscription);
      }
      const { changes, next } = flush.page(table);
      const { isComplete, last } = send(subscription, changes, rows);
      if (!isComplete) {
        return fallBehind(
          subscription,
          last ? { after: flush.from, from: parseCursor(last.cursor), until: hub.head() } : { after: flush.from },
        );
      }
      if (!next) return;
      subscription.fallBehind(next);
      catchUp(subscription);
    },
  };
}
