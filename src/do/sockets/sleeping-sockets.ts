import type { Flush } from "../change-log/change-hub.js";
import { closeIfNewer, readAttachment, type Attachment } from "../connections/attachment.js";
import type { Connection } from "../connections/connection.js";
import type { LiveRunner } from "../live/live-runner.js";
import { sessionTag, wakeNumberIn, wakeTag } from "./socket-tags.js";
import type { SubscriptionStore } from "./subscription-store.js";
import type { Subscriptions } from "./subscriptions.js";
import { createWakeIndex, type IndexedSocket } from "./wake-index.js";

export interface SleepingSocketsOptions {
  readonly state: DurableObjectState;
  readonly store: Pick<SubscriptionStore, "read">;
  readonly isInitialized: () => boolean;
  readonly rows: LiveRunner["rows"];
  readonly connectionOf: (socket: WebSocket, attachment?: Attachment) => Connection;
  readonly subscriptions: () => Subscriptions;
}

/**
 * Restores the subscriptions of sockets after hibernation: of a socket that a change concerns, or of all. Until then nothing of a
 * socket is read, so that a call or a write which does not concern it costs nothing.
 */
export function createSleepingSockets(options: SleepingSocketsOptions) {
  const { state, store, isInitialized, rows, connectionOf, subscriptions } = options;
  const awake = new WeakSet<WebSocket>();
  let isAllAwake = false;

  const wakeIndex = createWakeIndex({
    sql: state.storage.sql,
    isInitialized,
    rows,
    restoreAll,
    isAllRestored: () => isAllAwake,
    restoredSockets,
    isAsleep: (number) => !isAllAwake && state.getWebSockets(wakeTag(number)).some((socket) => !awake.has(socket)),
  });

  function restore(socket: WebSocket): void {
    if (awake.has(socket)) return;
    awake.add(socket);
    const attachment = readAttachment(socket);
    if (!attachment) return void closeIfNewer(socket);
    const connection = connectionOf(socket, attachment);
    subscriptions().restore(connection, store.read(attachment));
    if (!connection.isWaiting()) subscriptions().resume(connection);
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
    onChange: wakeIndex.onChange,
    restoreAll,

    /** Restores the sockets that a flush concerns. */
    restoreConcerned(flush: Flush): void {
      if (isAllAwake) return;
      let concerned: ReadonlySet<number> | "all" = "all";
      try {
        concerned = wakeIndex.concerned(flush);
      } finally {
        if (concerned === "all") restoreAll();
      }
      if (concerned === "all") return;
      for (const number of concerned) for (const socket of state.getWebSockets(wakeTag(number))) restore(socket);
    },

    /**
     * Requires an acknowledgement for the sleeping sockets of a session that has written. The write does not concern their live
     * queries, so these show it.
     */
    acknowledge(session: string): void {
      if (isAllAwake) return;
      for (const socket of state.getWebSockets(sessionTag(session))) {
        const attachment = awake.has(socket) ? undefined : readAttachment(socket);
        if (attachment?.hasLive) subscriptions().live.acknowledge(connectionOf(socket, attachment));
        // An earlier version did not store whether it has live queries.
        else if (attachment?.hasLive === undefined) restore(socket);
      }
    },

    /** Records that a socket has nothing to restore, because it is new or closed. */
    skip: (socket: WebSocket): void => void awake.add(socket),

    /** Leaves the sockets to a newer instance of the object. */
    stop(): void {
      isAllAwake = true;
      wakeIndex.stop();
    },
  };
}
