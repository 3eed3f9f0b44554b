import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { ErrorShape } from "../../shared/call.js";
import { createFairWork } from "../scheduling/create-fair-work.js";
import { memberKey } from "../scheduling/member-key.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { createLiveQueries, type LiveQueriesOptions } from "../live/live-queries.js";
import { positionOf, type ChangeHub, type Flush } from "../change-log/change-hub.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { OpenedResult } from "./opened.js";
import type { Start } from "./stream-scope.js";
import { pumpStream } from "./stream-pump.js";
import { cannotResume } from "../connections/socket-errors.js";
import { createSourceDelivery } from "./source-delivery.js";
import { createSubscriptionIndex, type Subscription } from "../connections/subscription.js";
import type { SubscriptionStore } from "./subscription-store.js";

/** Runs a subscription's procedure again, as after a reconnect. */
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
  /** Whether events may go to a socket now. Asked for every flush. */
  readonly authorizeDelivery: (connection: Connection) => boolean;
  /** Whether it has to be found out first; `undefined` when it is known. */
  readonly whenResolved: (connection: Connection) => Promise<void> | undefined;
  /** Keeps the object awake until a piece of work is done. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Called when an app's own generator runs: it may have to be taken up again after a sleep. */
  readonly onGenerator: () => void;
  /** What live queries need beside all this. */
  readonly live: Omit<
    LiveQueriesOptions,
    "hub" | "frames" | "subscriptionsOf" | "keep" | "drop" | "authorizeDelivery" | "waitUntil"
  >;
}

/** Most subscriptions of one socket that catch up before other members have their turn. */
const IN_ONE_TURN = 32;

/**
 * The subscriptions of all sockets of one object. After a sleep a subscription's procedure runs again when it is
 * first touched, not before, so a wake costs what it touches.
 */
export function createSubscriptions(options: SubscriptionsOptions) {
  const { hub, frames, store, reopen, shape, authorizeDelivery, whenResolved, waitUntil } = options;
  const index = createSubscriptionIndex();
  /** Subscriptions that run their procedures again after a sleep. */
  const opening = new Set<Subscription>();

  function forget(subscription: Subscription): void {
    index.remove(subscription);
    if (subscription.stored.kind === "live") live.remove(subscription);
  }

  function drop(subscription: Subscription, frame?: string): void {
    if (!index.has(subscription)) return;
    forget(subscription);
    store.remove(subscription.connection.socket, subscription.stored.id);
    if (frame !== undefined) subscription.connection.send(frame);
  }

  /** Changes what is kept of a subscription, and writes it down. */
  function keep(subscription: Subscription, change: Partial<StoredSubscription>): void {
    if (!index.has(subscription)) return;
    subscription.stored = { ...subscription.stored, ...change };
    store.add(subscription.connection.socket, subscription.stored);
  }

  /** One that fails gets its own error frame, and the others go on. */
  function fail(subscription: Subscription, cause: unknown): void {
    const { stored } = subscription;
    drop(subscription, frames.error(stored, shape(stored.path, cause)));
  }

  const { deliver, catchUp, fallBehind } = createSourceDelivery({
    hub,
    frames,
    authorizeDelivery,
    keep,
    catchUpLater: (subscription) => catchUps.add(subscription),
  });

  /** Runs work for many subscriptions that reads or writes each session, position and socket only once. */
  const together = (work: () => void): void =>
    options.live.withCachedChecks(() => hub.inOneRead(() => store.inOneWrite(work)));

  const catchUps = createFairWork<Subscription | Connection>({
    memberOf: (item) => memberKey("connection" in item ? item.connection.caller : item.caller),
    work: (items) =>
      together(() => {
        for (const item of items) {
          if ("connection" in item) takeUp(item);
          else takeUpAll(item);
        }
      }),
    waitUntil,
  });

  /** Brings the lagging subscriptions of a socket up to date, some of them in each turn, until its window is full. */
  function takeUpAll(connection: Connection): void {
    let count = 0;
    for (const subscription of index.of(connection)) {
      const { behind, stored } = subscription;
      if (!behind || stored.kind !== "source" || opening.has(subscription)) continue;
      if (!connection.isWaiting() && ++count > IN_ONE_TURN) return catchUps.add(connection);
      takeUp(subscription);
      const isBlocked = subscription.opened && subscription.behind !== undefined && !connection.isWaiting();
      if (isBlocked) return;
    }
  }

  /** Brings a lagging subscription up to date. After a sleep its procedure runs first. */
  function takeUp(subscription: Subscription): void {
    if (!index.has(subscription) || !subscription.behind) return;
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
      keep(subscription, { tables: [...subscription.stored.tables, table] });
      index.listen(subscription, table);
    });
    void pumpStream({
      iterable: opened.iterable,
      signal: opened.controller.signal,
      room: connection.ready,
      async ready() {
        await connection.ready();
        await whenResolved(connection);
        return index.has(subscription) && authorizeDelivery(connection);
      },
      onTracked(id, data) {
        subscription.behind = undefined;
        connection.send(frames.withEvent(stored, frames.event(id, data)));
        // The app's own ids say more than the log's head does, so this one has to be kept.
        keep(subscription, { kind: "tracked", cursor: id });
      },
      onValue(data) {
        subscription.behind = undefined;
        const { kind, cursor } = subscription.stored;
        connection.send(frames.data(stored, data, kind === "tracked" ? cursor : undefined));
        if (kind === "silent") keep(subscription, { kind: "untracked" });
      },
      // tRPC hands on what a streamed query returns, and nothing of what a subscription does.
      onEnd: (returned) => drop(subscription, frames.stopped(stored, stored.type === undefined ? undefined : returned)),
      onError: (cause) => fail(subscription, cause),
    });
  }

  async function open(subscription: Subscription, start?: Start): Promise<void> {
    opening.add(subscription);
    try {
      const result = await reopen(subscription.connection, subscription.stored, start);
      if (!index.has(subscription)) return;
      if (!result.ok) return drop(subscription, frames.error(subscription.stored, result.error));
      subscription.opened = true;
      if (result.opened.kind === "iterable") run(subscription, result.opened);
      else catchUps.add(subscription);
    } catch (cause) {
      fail(subscription, cause);
    } finally {
      opening.delete(subscription);
    }
  }

  /** A source that an app's generator awaits has something to tell. One that runs reads it by itself. */
  function touch(subscription: Subscription, from: Cursor): void {
    const { connection, stored, running, opened } = subscription;
    // What it reads from here on may wait in it, untold, when its client comes back on another socket.
    if (stored.kind === "silent") subscription.behind ??= { after: from };
    // One that runs reads by itself, and asks for itself.
    const asked = running ? undefined : whenResolved(connection);
    if (asked) return waitUntil(asked.then(() => (index.has(subscription) ? touch(subscription, from) : undefined)));
    if (authorizeDelivery(connection)) {
      if (!running && !opened) waitUntil(awaken(subscription));
    } else if (subscription.behind && stored.kind === "silent" && stored.cursor === undefined) {
      // It has told no id that its client could come back with.
      fallBehind(subscription, subscription.behind);
    }
  }

  /** Takes an app's generator up again after a sleep, or ends it when nothing says where it was. */
  async function awaken(subscription: Subscription): Promise<void> {
    const { stored, behind } = subscription;
    subscription.opened = true;
    if (stored.kind === "tracked") return open(subscription);
    if (stored.kind === "silent" && behind) return open(subscription, { tables: stored.tables, after: behind.after });
    fail(subscription, cannotResume());
  }

  const live = createLiveQueries({ ...options, ...options.live, subscriptionsOf: index.of, keep, drop });

  return {
    index,
    drop,
    live,

    /** Delivers the changes of a flush to the subscriptions of their tables. */
    onFlush: (flush: Flush): void =>
      together(() => {
        for (const table of flush.tables) {
          for (const subscription of index.listeningTo(table)) {
            try {
              if (subscription.stored.kind === "source") deliver(subscription, flush, table);
              else touch(subscription, flush.from);
            } catch (cause) {
              fail(subscription, cause);
            }
          }
        }
      }),

    /** Takes up a socket's subscriptions after the object woke. Runs none of their procedures. */
    restore(connection: Connection, stored: readonly StoredSubscription[]): void {
      for (const each of stored) {
        // A tracked generator's cursor is the app's own.
        const behind = each.kind !== "tracked" && each.cursor !== undefined ? { after: each.cursor } : undefined;
        const subscription: Subscription = { connection, stored: each, opened: false, behind, running: undefined };
        index.add(subscription);
        if (each.kind === "live") live.restore(subscription);
      }
    },

    /** After a sleep: the generators that no table would wake. */
    awakenOthers(): void {
      for (const subscription of index.all()) {
        const { connection, stored, opened, running } = subscription;
        if (stored.kind === "source" || stored.kind === "live" || opened || running) continue;
        const nothingWakesIt = stored.kind === "untracked" || stored.tables.length === 0;
        if (!nothingWakesIt) continue;
        const take = (): Promise<void> | undefined =>
          index.has(subscription) && authorizeDelivery(connection) ? awaken(subscription) : undefined;
        const asked = whenResolved(connection);
        const work = asked ? asked.then(take) : take();
        if (work) waitUntil(work);
      }
    },

    /** Adds a subscription whose client was told that it has started. */
    add(connection: Connection, stored: StoredSubscription, opened: OpenedResult, after: Cursor | string): void {
      const hasMissed = positionOf({ after }) !== formatCursor(hub.head());
      const behind = hasMissed && (stored.kind === "source" || stored.kind === "silent") ? { after } : undefined;
      const subscription: Subscription = { connection, stored, opened: true, behind, running: undefined };
      index.add(subscription);
      store.add(connection.socket, stored);
      if (opened.kind === "iterable") run(subscription, opened);
      else if (opened.kind === "live") live.add(subscription, opened.request);
      else if (behind) catchUps.add(subscription);
    },

    /** The client reads again: goes on with all that it has missed. */
    resume(connection: Connection): void {
      live.resume(connection);
      catchUps.add(connection);
    },

    /** Forgets a socket that is gone. */
    forget(connection: Connection): void {
      for (const subscription of index.of(connection)) forget(subscription);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;
