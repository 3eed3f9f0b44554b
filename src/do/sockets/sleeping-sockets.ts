import type { Flush } from "../change-log/flush.js";
import { closeIfNewer, readAttachment, type Attachment, type StoredSubscription } from "../connections/attachment.js";
import type { Connection } from "../connections/connection.js";
import { lazy } from "../lifecycle/lazy.js";
import type { LiveRunner } from "../live/live-runner.js";
import { sessionTag } from "../connections/socket-tags.js";
import { wakeNumberIn, wakeTag } from "./wake-tags.js";
import type { SubscriptionStore } from "./subscription-store.js";
import type { Subscriptions } from "./subscriptions.js";
import { createWakeIndex, type IndexedSocket, type WakeIndex } from "./wake-index.js";

export interface SleepingSocketsOptions {
  readonly state: DurableObjectState;
  readonly store: Pick<SubscriptionStore, "read">;
  readonly isInitialized: () => boolean;
  readonly rows: LiveRunner["rows"];
  readonly connectionOf: (socket: WebSocket, attachment?: Attachment) => Connection;
  readonly subscriptions: () => Subscriptions;
}

/**
 * Restores the subscriptions of sockets after hibernation, either of all sockets or only of those that a change concerns. Before
 * that, nothing of a socket is read, so calls and writes that do not concern it cost nothing.
 */
export function createSleepingSockets(options: SleepingSocketsOptions) {
  const { state, store, isInitialized, rows, connectionOf, subscriptions } = options;
  const awake = new WeakSet<WebSocket>();
  let isAllAwake = false;

  // Only writes need the wake index.
  const wakeIndex: () => WakeIndex = lazy(() =>
    createWakeIndex({
      sql: state.storage.sql,
      isInitialized,
      rows,
      restoreAll,
      isAllRestored: () => isAllAwake,
      restoredSockets,
      isAsleep: (number) => !isAllAwake && state.getWebSockets(wakeTag(number)).some((socket) => !awake.has(socket)),
    }),
  );

  function restore(socket: WebSocket): void {
    if (awake.has(socket)) return;
    awake.add(socket);
    const attachment = readAttachment(socket);
    if (!attachment) return void closeIfNewer(socket);
    const connection = connectionOf(socket, attachment);
    subscriptions().restore(connection, store.read(attachment));
    // Does not request memory: a socket that has missed nothing would keep it unused.
    if (!connection.awaitsPong()) subscriptions().resume(connection);
  }

  function restoreAll(): void {
    if (isAllAwake) return;
    isAllAwake = true;
    for (const socket of state.getWebSockets()) restore(socket);
  }

  function restoredSockets(): IndexedSocket[] | undefined {
    const { index } = subscriptions();
    const sockets: IndexedSocket[] = [];
    for (const connection of index.connections()) {
      const number = wakeNumberIn(state.getTags(connection.socket));
      if (number === undefined) return undefined;
      sockets.push({ number, subscriptions: Array.from(index.of(connection), ({ stored }) => stored) });
    }
    return sockets;
  }

  return {
    onChange: (before: StoredSubscription | undefined, after: StoredSubscription): void =>
      wakeIndex().onChange(before, after),
    restoreAll,

    /** Restores the sockets that a flush concerns. */
    restoreFor(flush: Flush): void {
      if (isAllAwake) return;
      // If the index fails, all sockets are restored, so that none misses the change.
      let numbers: ReadonlySet<number> | "all" = "all";
      try {
        numbers = wakeIndex().findSockets(flush);
      } finally {
        if (numbers === "all") restoreAll();
      }
      if (numbers === "all") return;
      for (const number of numbers) for (const socket of state.getWebSockets(wakeTag(number))) restore(socket);
    },

    /**
     * Requires an acknowledgement for the sleeping sockets of a session that has written. The write does not concern their live
     * queries, so their results already include it.
     */
    acknowledge(session: string): void {
      if (isAllAwake) return;
      for (const socket of state.getWebSockets(sessionTag(session))) {
        const attachment = awake.has(socket) ? undefined : readAttachment(socket);
        if (attachment?.hasLive) subscriptions().live.acknowledge(connectionOf(socket, attachment));
        // An earlier version did not store whether the socket has live queries.
        else if (attachment?.hasLive === undefined) restore(socket);
      }
    },

    /** Records that a socket has nothing to restore, because it is new or closed. */
    skip: (socket: WebSocket): void => void awake.add(socket),

    /** Leaves the sockets to a newer instance of the object. */
    stop(): void {
      isAllAwake = true;
      wakeIndex().stop();
    },
  };
}
