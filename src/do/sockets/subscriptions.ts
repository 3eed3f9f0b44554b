import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { ErrorShape } from "../../shared/call.js";
import { createFairWork } from "../scheduling/create-fair-work.js";
import { memberKey } from "../scheduling/member-key.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { createLiveQueries, type LiveQueriesOptions } from "../live/live-queries.js";
import { positionOf, type ChangeHub, type Flush } from "../change-log/change-hub.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { OpenedResult, Start } from "./stream-scope.js";
import { pumpStream } from "./stream-pump.js";
import { cannotResume } from "../connections/socket-errors.js";
import { createSourceDelivery } from "./source-delivery.js";
import { createSubscriptionIndex, type Subscription } from "../connections/subscription.js";
import type { SubscriptionStore } from "./subscription-store.js";

/** Runs the procedure of a stored subscription again, as after a reconnect. */
export type Reopen = (
  connection: Connection,
  stored: StoredSubscription,
  start: Start | undefined,
) => Promise<{ readonly ok: true; readonly opened: OpenedResult } | { readonly ok: false; readonly error: ErrorShape }>;

export interface SubscriptionsOptions {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly store: SubscriptionStore;
  readonly reopen: Reopen;
  readonly shape: (path: string, cause: unknown) => ErrorShape;
  /** Returns whether events may be sent to a socket now. Called for every flush. */
  readonly authorizeDelivery: (connection: Connection) => boolean;
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

/** How many subscriptions of a socket catch up in one turn of its member. */
const IN_ONE_TURN = 32;

/**
 * Manages the subscriptions of all sockets of an object. After hibernation, a subscription's procedure runs again only when a change
 * concerns the subscription, so that a wake costs as little as possible.
 */
export function createSubscriptions(options: SubscriptionsOptions) {
  const { hub, frames, store, reopen, shape, authorizeDelivery, whenResolved, waitUntil } = options;
  const index = createSubscriptionIndex();
  /** Subscriptions whose procedures are running again after hibernation. */
  const opening = new Set<Subscription>();

  /** Removes a subscription from memory. It stays stored. */
  function detach(subscription: Subscription): void {
    index.remove(subscription);
    if (subscription.stored.kind === "live") live.remove(subscription);
  }

  /** Deletes a subscription, and sends its last frame. */
  function end(subscription: Subscription, frame?: string): void {
    if (!index.has(subscription)) return;
    detach(subscription);
    store.remove(subscription.connection.socket, subscription.stored.id);
    if (frame !== undefined) subscription.connection.send(frame);
  }

  /** Changes the stored fields of a subscription. */
  function update(subscription: Subscription, change: Partial<StoredSubscription>): void {
    if (!index.has(subscription)) return;
    subscription.stored = { ...subscription.stored, ...change };
    store.add(subscription.connection.socket, subscription.stored);
  }

  /** Ends one subscription with an error frame. The other subscriptions continue. */
  function fail(subscription: Subscription, cause: unknown): void {
    const { stored } = subscription;
    end(subscription, frames.error(stored, shape(stored.path, cause)));
  }

  const { deliver, catchUp, fallBehind } = createSourceDelivery({
    hub,
    frames,
    authorizeDelivery,
    update,
    catchUpLater: (subscription) => catchUps.add(subscription),
  });

  /** Runs work for many subscriptions. Each session is checked once, each position read once and each attachment written once. */
  const batched = (work: () => void): void =>
    options.live.withCachedChecks(() => hub.inOneRead(() => store.inOneWrite(work)));

  const catchUps = createFairWork<Subscription | Connection>({
    memberOf: (item) => memberKey("connection" in item ? item.connection.caller : item.caller),
    work: (items) =>
      batched(() => {
        for (const item of items) {
          if ("connection" in item) catchUpOrOpen(item);
          else catchUpSocket(item);
        }
      }),
    waitUntil,
  });

  /** Catches up the lagging subscriptions of a socket, some of them in each turn, until the socket's window is full. */
  function catchUpSocket(connection: Connection): void {
    let count = 0;
    for (const subscription of index.of(connection)) {
      const { catchUpFrom, stored } = subscription;
      if (!catchUpFrom || stored.kind !== "source" || opening.has(subscription)) continue;
      if (!connection.isWaiting() && ++count > IN_ONE_TURN) return catchUps.add(connection);
      catchUpOrOpen(subscription);
      const isBlocked = subscription.opened && subscription.catchUpFrom !== undefined && !connection.isWaiting();
      if (isBlocked) return;
    }
  }

  /** Catches up a lagging subscription. After hibernation, its procedure runs first. */
  function catchUpOrOpen(subscription: Subscription): void {
    if (!index.has(subscription) || !subscription.catchUpFrom) return;
    try {
      if (subscription.opened) catchUp(subscription);
      else if (!opening.has(subscription)) waitUntil(open(subscription));
    } catch (cause) {
      fail(subscription, cause);
    }
  }

  function run(subscription: Subscription, opened: Extract<OpenedResult, { kind: "iterable" }>): void {
    const { connection, stored } = subscription;
    subscription.running = opened.controller;
    options.onGenerator();
    opened.onListen((table) => {
      if (subscription.stored.tables.includes(table)) return;
      update(subscription, { tables: [...subscription.stored.tables, table] });
      index.listen(subscription, table);
    });
    void pumpStream({
      iterable: opened.iterable,
      signal: opened.controller.signal,
      hasRoom: connection.whenReady,
      async ready() {
        await connection.whenReady();
        await whenResolved(connection);
        return index.has(subscription) && authorizeDelivery(connection);
      },
      onTracked(id, data) {
        subscription.catchUpFrom = undefined;
        connection.send(frames.withEvent(stored, frames.event(id, data)));
        // The id is the app's own. It cannot be derived from the change log, so it is stored.
        update(subscription, { kind: "tracked", cursor: id });
      },
      onValue(data) {
        subscription.catchUpFrom = undefined;
        const { kind, cursor } = subscription.stored;
        connection.send(frames.data(stored, data, kind === "tracked" ? cursor : undefined));
        if (kind === "silent") update(subscription, { kind: "untracked" });
      },
      // tRPC delivers the return value of a streamed query, and ignores that of a subscription.
      onEnd: (returned) => end(subscription, frames.stopped(stored, stored.type === undefined ? undefined : returned)),
      onError: (cause) => fail(subscription, cause),
    });
  }

  async function open(subscription: Subscription, start?: Start): Promise<void> {
    opening.add(subscription);
    try {
      const result = await reopen(subscription.connection, subscription.stored, start);
      if (!index.has(subscription)) return;
      if (!result.ok) return end(subscription, frames.error(subscription.stored, result.error));
      subscription.opened = true;
      if (result.opened.kind === "iterable") run(subscription, result.opened);
      else catchUps.add(subscription);
    } catch (cause) {
      fail(subscription, cause);
    } finally {
      opening.delete(subscription);
    }
  }

  /** Called when a table has changed that a generator of the app listens to. A running generator reads the change itself. */
  function wakeGenerator(subscription: Subscription, from: Cursor): void {
    const { connection, stored, running, opened } = subscription;
    // If the client reconnects before the generator has yielded, the generator must start again from here.
    if (stored.kind === "silent") subscription.catchUpFrom ??= { after: from };
    // A running generator checks the access itself before each value.
    const resolved = running ? undefined : whenResolved(connection);
    if (resolved)
      return waitUntil(resolved.then(() => (index.has(subscription) ? wakeGenerator(subscription, from) : undefined)));
    if (authorizeDelivery(connection)) {
      if (!running && !opened) waitUntil(resumeGenerator(subscription));
    } else if (subscription.catchUpFrom && stored.kind === "silent" && stored.cursor === undefined) {
      // The client has no event id to resume from, so the position is stored.
      fallBehind(subscription, subscription.catchUpFrom);
    }
  }

  /** Resumes a generator of the app after hibernation, or ends it if its position is unknown. */
  async function resumeGenerator(subscription: Subscription): Promise<void> {
    const { stored, catchUpFrom } = subscription;
    subscription.opened = true;
    if (stored.kind === "tracked") return open(subscription);
    if (stored.kind === "silent" && catchUpFrom)
      return open(subscription, { tables: stored.tables, after: catchUpFrom.after });
    fail(subscription, cannotResume());
  }

  const live = createLiveQueries({ ...options, ...options.live, subscriptionsOf: index.of, update, end });

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
              else wakeGenerator(subscription, flush.from);
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
        const subscription: Subscription = { connection, stored: each, opened: false, catchUpFrom, running: undefined };
        index.add(subscription);
        if (each.kind === "live") live.restore(subscription);
      }
    },

    /** Resumes, after hibernation, the generators that no table would wake. */
    resumeGenerators(): void {
      for (const subscription of index.all()) {
        const { connection, stored, opened, running } = subscription;
        if (stored.kind === "source" || stored.kind === "live" || opened || running) continue;
        if (stored.kind !== "untracked" && stored.tables.length > 0) continue;
        const resume = (): Promise<void> | undefined =>
          index.has(subscription) && authorizeDelivery(connection) ? resumeGenerator(subscription) : undefined;
        const resolved = whenResolved(connection);
        const work = resolved ? resolved.then(resume) : resume();
        if (work) waitUntil(work);
      }
    },

    /** Adds a subscription after its client was notified that it has started. */
    add(connection: Connection, stored: StoredSubscription, opened: OpenedResult, after: Cursor | string): void {
      const hasMissedChanges = positionOf({ after }) !== formatCursor(hub.head());
      const catchUpFrom =
        hasMissedChanges && (stored.kind === "source" || stored.kind === "silent") ? { after } : undefined;
      const subscription: Subscription = { connection, stored, opened: true, catchUpFrom, running: undefined };
      index.add(subscription);
      store.add(connection.socket, stored);
      if (opened.kind === "iterable") run(subscription, opened);
      else if (opened.kind === "live") live.add(subscription, opened.request);
      else if (catchUpFrom) catchUps.add(subscription);
    },

    /** Called when the client reads again. Sends everything that it missed. */
    resume(connection: Connection): void {
      live.resume(connection);
      catchUps.add(connection);
    },

    /** Removes the subscriptions of a socket from memory. */
    removeAll(connection: Connection): void {
      for (const subscription of index.of(connection)) detach(subscription);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;
