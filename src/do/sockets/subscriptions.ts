import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { ErrorShape } from "../../shared/call.js";
import { createFairWork } from "../scheduling/create-fair-work.js";
import { memberKey } from "../scheduling/member-key.js";
import type { StoredLive, StoredSubscription } from "../connections/attachment.js";
import { createLiveQueries, type LiveQueriesOptions } from "../live/live-queries.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { NEEDS_SNAPSHOT, positionOf, type Flush } from "../change-log/flush.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { OpenedResult, Start } from "./stream-scope.js";
import type { ConnectionAccess } from "./connection-access.js";
import { createGeneratorDelivery } from "./generator-delivery.js";
import { createResultStates, isSameQuery } from "./result-states.js";
import { createSourceDelivery } from "./source-delivery.js";
import { Subscription } from "../connections/subscription.js";
import { createSubscriptionIndex } from "../connections/subscription-index.js";
import type { SubscriptionStore } from "./subscription-store.js";
import type { WakeIndex } from "./wake-index.js";

/** Runs the procedure of a stored subscription again, as after a reconnect. */
export type Reopen = (
  connection: Connection,
  stored: StoredSubscription,
  start: Start | undefined,
) => Promise<{ readonly ok: true; readonly opened: OpenedResult } | { readonly ok: false; readonly error: ErrorShape }>;

export interface SubscriptionsOptions extends Pick<ConnectionAccess, "authorizeDelivery" | "authorizeAssumingOpen"> {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly store: SubscriptionStore;
  readonly wakeIndex: Pick<WakeIndex, "onChange">;
  readonly reopen: Reopen;
  readonly shape: (path: string, cause: unknown) => ErrorShape;
  /** Resolves when a pending access check is done; returns `undefined` if no check is needed. */
  readonly whenResolved: (connection: Connection) => Promise<void> | undefined;
  /** Keeps the object awake until the work is done. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Called when a generator of the app starts: it may have to be resumed after hibernation. */
  readonly onGenerator: () => void;
  /** Further options of live queries. */
  readonly live: Omit<
    LiveQueriesOptions,
    "hub" | "frames" | "subscriptionsOf" | "update" | "end" | "authorizeDelivery" | "waitUntil"
  >;
}

/** The minimum number of subscriptions for which results are stored later. With fewer, the writes cost little. */
const MIN_FOR_DEFERRED_WRITES = 32;

/** How many subscriptions of a socket catch up in one turn of its member. */
const IN_ONE_TURN = 32;

/**
 * Manages the subscriptions of all sockets of an object. The states of each and the transitions between them are in `Subscription`.
 * This module decides when they happen:
 *
 * | cause                            | source                                | generator                       | live query       |
 * | -------------------------------- | ------------------------------------- | ------------------------------- | ---------------- |
 * | `add`: a client subscribes       | delivers, or catches up first         | runs                            | `live-queries`   |
 * | `restore`: the object has woken  | dormant                               | dormant                         | `live-queries`   |
 * | `onFlush`: a change concerns it  | sends it, falls behind, or wakes      | wakes if it is dormant          | its own listener |
 * | `resumeGenerators`               |                                       | wakes if no table would wake it |                  |
 * | `resume`: the socket has room    | catches up; a dormant one wakes first | continues by itself             | `live-queries`   |
 * | `end`, `removeAll`               | ends                                  | ends, and is aborted            | ends             |
 *
 * After hibernation, a procedure runs again only when a change concerns its subscription, so that a wake costs as little as possible.
 */
export function createSubscriptions(options: SubscriptionsOptions) {
  const { hub, frames, store, wakeIndex, reopen, shape, authorizeDelivery, waitUntil } = options;
  const index = createSubscriptionIndex();

  /** Removes a subscription from memory. It stays stored. */
  function detach(subscription: Subscription): void {
    index.remove(subscription);
    if (subscription.stored.kind === "live") live.remove(subscription);
  }

  /** Deletes a subscription, and sends its last frame. */
  function end(subscription: Subscription, frame?: string): void {
    if (subscription.hasEnded) return;
    detach(subscription);
    store.remove(subscription.connection.socket, subscription.stored.id);
    if (frame !== undefined) subscription.connection.send(frame);
  }

  /** Changes the stored fields of a subscription. */
  function update(subscription: Subscription, change: Partial<StoredSubscription>): void {
    if (subscription.hasEnded) return;
    const before = subscription.stored;
    subscription.changeStored(change);
    resultStates.onWrite(subscription);
    store.add(subscription.connection.socket, subscription.stored);
    wakeIndex.onChange(before, subscription.stored);
  }

  /** Changes the state of a live query. If only its result has changed, and not what it depends on, it may be stored later. */
  function updateLive(subscription: Subscription, change: { readonly live: StoredLive }): void {
    if (index.count() < MIN_FOR_DEFERRED_WRITES || !isSameQuery(subscription.stored.live, change.live))
      return update(subscription, change);
    if (subscription.hasEnded) return;
    subscription.changeStored(change);
    resultStates.onChange(subscription, change.live);
  }

  /** Ends one subscription with an error frame. The other subscriptions continue. */
  function fail(subscription: Subscription, cause: unknown): void {
    const { stored } = subscription;
    end(subscription, frames.error(stored, shape(stored.path, cause)));
  }

  const { deliver, catchUp, fallBehind, isWaiting } = createSourceDelivery({
    hub,
    frames,
    authorizeDelivery,
    authorizeAssumingOpen: options.authorizeAssumingOpen,
    whenResolved: options.whenResolved,
    update,
    catchUpLater: (subscription) => catchUps.add(subscription),
  });
  const generators = createGeneratorDelivery({
    ...options,
    listen: index.listen,
    open,
    update,
    fallBehind,
    end,
    fail,
  });

  /** Runs work for many subscriptions. Each session is checked once, each position read once and each attachment written once. */
  const batched = (work: () => void): void =>
    options.live.withCachedChecks(() => hub.inOneRead(() => store.inOneWrite(work)));

  const resultStates = createResultStates({
    write: ({ connection }, stored) => store.add(connection.socket, stored),
    batched,
  });

  const catchUps = createFairWork<Subscription | Connection>({
    memberOf: (item) => memberKey(item instanceof Subscription ? item.connection.caller : item.caller),
    work: (items) =>
      batched(() => {
        for (const item of items) {
          if (item instanceof Subscription) catchUpOrOpen(item);
          else catchUpSocket(item);
        }
      }),
    waitUntil,
  });

  /** Returns whether a subscription of a socket may have to catch up. */
  function isLagging(connection: Connection): boolean {
    for (const { catchUpFrom } of index.of(connection)) if (catchUpFrom) return true;
    return false;
  }

  /** Catches up the lagging subscriptions of a socket, some of them in each turn, until the socket's window is full. */
  function catchUpSocket(connection: Connection): void {
    let count = 0;
    for (const subscription of index.of(connection)) {
      const { catchUpFrom, stored, phase } = subscription;
      if (!catchUpFrom || stored.kind !== "source" || phase === "opening") continue;
      if (!isWaiting(subscription) && ++count > IN_ONE_TURN) return catchUps.add(connection);
      catchUpOrOpen(subscription);
      const isBlocked = subscription.isOpen && subscription.catchUpFrom !== undefined && !isWaiting(subscription);
      if (isBlocked) return;
    }
  }

  /** Catches up a lagging subscription. After hibernation, its procedure runs first. */
  function catchUpOrOpen(subscription: Subscription): void {
    if (subscription.hasEnded || !subscription.catchUpFrom) return;
    try {
      if (subscription.isOpen) catchUp(subscription);
      else if (subscription.phase === "dormant") waitUntil(open(subscription));
    } catch (cause) {
      fail(subscription, cause);
    }
  }

  /** Runs the procedure of a dormant subscription again. */
  async function open(subscription: Subscription, start?: Start): Promise<void> {
    try {
      subscription.wake();
      const result = await reopen(subscription.connection, subscription.stored, start);
      if (subscription.hasEnded) return;
      if (!result.ok) return end(subscription, frames.error(subscription.stored, result.error));
      if (result.opened.kind === "iterable") return generators.run(subscription, result.opened);
      subscription.deliver();
      catchUps.add(subscription);
    } catch (cause) {
      fail(subscription, cause);
    }
  }

  const live = createLiveQueries({ ...options, ...options.live, subscriptionsOf: index.of, update: updateLive, end });

  return {
    index,
    end,
    live,

    /** Delivers the changes of a flush to the subscriptions of their tables. */
    onFlush: (flush: Flush): void =>
      batched(() => {
        for (const table of flush.tables) {
          for (const subscription of index.listeningTo(table)) {
            try {
              if (subscription.stored.kind === "source") deliver(subscription, flush, table);
              else generators.onChange(subscription, flush.from);
            } catch (cause) {
              fail(subscription, cause);
            }
          }
        }
      }),

    /** Restores the subscriptions of a socket after hibernation, without running their procedures. */
    restore(connection: Connection, stored: readonly StoredSubscription[]): void {
      for (const each of stored) {
        // The cursor of a tracked generator is an id of the app, not a position in the change log.
        const catchUpFrom = each.kind !== "tracked" && each.cursor !== undefined ? { after: each.cursor } : undefined;
        const phase = each.kind === "live" ? "delivering" : "dormant";
        const subscription = new Subscription({ connection, stored: each, phase, catchUpFrom });
        index.add(subscription);
        if (each.kind === "live") live.restore(subscription);
      }
    },

    /** Resumes, after hibernation, the generators that no table would wake. */
    resumeGenerators(): void {
      for (const subscription of index.all()) generators.resumeUnlessListening(subscription);
    },

    /** Adds a subscription after its client was notified that it has started. */
    add(connection: Connection, stored: StoredSubscription, opened: OpenedResult, after: Cursor | string): void {
      const hasMissedChanges = positionOf({ after }) !== formatCursor(hub.head());
      const missedFrom =
        hasMissedChanges && (stored.kind === "source" || stored.kind === "silent") ? { after } : undefined;
      const catchUpFrom = stored.tables.some(hub.hasSnapshot) ? NEEDS_SNAPSHOT : missedFrom;
      const subscription = new Subscription({ connection, stored, phase: "opening", catchUpFrom });
      index.add(subscription);
      store.add(connection.socket, stored);
      wakeIndex.onChange(undefined, stored);
      if (opened.kind === "iterable") return generators.run(subscription, opened);
      subscription.deliver();
      if (opened.kind === "live") live.add(subscription, opened.request);
      else if (catchUpFrom) catchUps.add(subscription);
    },

    /** Called when the client reads again. Sends everything that it missed. */
    resume(connection: Connection): void {
      live.resume(connection);
      if (isLagging(connection)) catchUps.add(connection);
    },

    /** Removes the subscriptions of a socket from memory. */
    removeAll(connection: Connection): void {
      for (const subscription of index.of(connection)) detach(subscription);
      live.removeConnection(connection);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;
