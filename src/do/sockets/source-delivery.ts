import { parseCursor } from "../../shared/cursor.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { byteLength } from "../../shared/byte-length.js";
import { positionOf, type ChangeHub, type Flush, type Position, type TrackedChange } from "../change-log/change-hub.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import { matchesRow, type RowFilter } from "../change-log/row-filter.js";
import type { Subscription } from "../connections/subscription.js";

export interface SourceDeliveryOptions {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly authorizeDelivery: (connection: Connection) => boolean;
  readonly keep: (subscription: Subscription, change: Partial<StoredSubscription>) => void;
  /** Brings a subscription up to date in its member's turn. */
  readonly catchUpLater: (subscription: Subscription) => void;
}

interface Sent {
  readonly isWhole: boolean;
  /** The last change that was sent. */
  readonly last: TrackedChange | undefined;
  /** How large the event was that was looked at last, if it was long. */
  readonly longBytes: number;
}

/** Most changes that are read for a subscriber that lags before the next look at whether it reads. */
const PAGE = 128;

/** Longest event, in characters, that is kept for as long as its change is. */
const LONG_EVENT = 16_384;

/** Sends changes to the subscribers of sources: at once, or page by page to those that lag. */
export function createSourceDelivery({ hub, frames, authorizeDelivery, keep, catchUpLater }: SourceDeliveryOptions) {
  /** The part of an event that is the same for all its subscribers. */
  const events = new WeakMap<TrackedChange, string>();
  /** The last long one: the keys of a WeakMap are collected late, and long events would fill the memory until then. */
  let long: { readonly of: TrackedChange; readonly event: string } | undefined;

  /** How large the next event of a lagging subscription may be: without room for it, a page would be read in vain. */
  const expected = new WeakMap<Subscription, number>();

  function eventOf(tracked: TrackedChange): string {
    const known = long?.of === tracked ? long.event : events.get(tracked);
    if (known !== undefined) return known;
    const event = frames.event(tracked.cursor, tracked.change);
    if (event.length > LONG_EVENT) long = { of: tracked, event };
    else events.set(tracked, event);
    return event;
  }

  /** Sends changes for as long as the client reads. */
  function send(
    { connection, stored }: Subscription,
    changes: readonly TrackedChange[],
    rows: RowFilter | undefined,
  ): Sent {
    let last: TrackedChange | undefined;
    let longBytes = 0;
    for (const tracked of changes) {
      if (rows && !matchesRow(rows, tracked.id)) continue;
      if (last && connection.isWaiting()) return { isWhole: false, last, longBytes };
      const event = eventOf(tracked);
      longBytes = event.length > LONG_EVENT ? byteLength(event) : 0;
      if (longBytes > 0 && connection.isWaiting(longBytes)) return { isWhole: false, last, longBytes };
      connection.send(frames.withEvent(stored, event));
      last = tracked;
    }
    return { isWhole: true, last, longBytes };
  }

  function fallBehind(subscription: Subscription, position: Position): void {
    subscription.behind = position;
    keep(subscription, { cursor: positionOf(position) });
  }

  /** Sends a subscriber the changes that it missed, for as long as its client reads. */
  function catchUp(subscription: Subscription): void {
    const { connection, stored } = subscription;
    const [table] = stored.tables;
    if (table === undefined || stored.kind !== "source") return;
    const hasNoRoom = (): boolean => connection.isWaiting() || connection.isWaiting(expected.get(subscription));
    const maySend = !connection.isWaiting() && authorizeDelivery(connection);
    while (maySend && subscription.behind && !hasNoRoom()) {
      const { after, until = hub.head() } = subscription.behind;
      const { changes, next } = hub.since(table, subscription.behind, { rows: stored.rows, limit: PAGE });
      const { isWhole, last, longBytes } = send(subscription, changes, undefined);
      if (longBytes > 0) expected.set(subscription, longBytes);
      else expected.delete(subscription);
      if (isWhole) subscription.behind = next;
      else if (last) subscription.behind = { after, from: parseCursor(last.cursor), until };
      else break;
    }
    // Written only for a subscriber that lags: an attachment's write costs as much as an event.
    const cursor = subscription.behind && positionOf(subscription.behind);
    if (cursor !== stored.cursor) keep(subscription, { cursor });
  }

  return {
    fallBehind,
    catchUp,

    /** Sends a subscriber the changes of a flush. */
    deliver(subscription: Subscription, flush: Flush, table: string): void {
      const { connection, stored } = subscription;
      const { rows } = stored;
      // When it catches up, it reads this flush too.
      if (subscription.behind || (rows && !flush.concerns(table, rows))) return;
      if (connection.isWaiting() || !authorizeDelivery(connection))
        return fallBehind(subscription, { after: flush.from });
      if (!subscription.opened) {
        subscription.behind = { after: flush.from };
        return catchUpLater(subscription);
      }
      const { changes, next } = flush.page(table);
      const { isWhole, last } = send(subscription, changes, rows);
      if (!isWhole) {
        return fallBehind(
          subscription,
          last ? { after: flush.from, from: parseCursor(last.cursor), until: hub.head() } : { after: flush.from },
        );
      }
      if (!next) return;
      subscription.behind = next;
      catchUp(subscription);
    },
  };
}
