import type { Connection } from "../connections/connection.js";
import type { Subscription } from "../connections/subscription.js";

/** For each socket, the subscriptions that did not get their last result because the socket was not ready. Oldest first. */
export function createSocketBacklog() {
  const bySocket = new Map<Connection, Set<Subscription>>();

  return {
    has: (connection: Connection): boolean => bySocket.has(connection),
    of: (connection: Connection): Iterable<Subscription> => bySocket.get(connection) ?? [],

    add(subscription: Subscription): void {
      const { connection } = subscription;
      const known = bySocket.get(connection);
      if (known) known.add(subscription);
      else bySocket.set(connection, new Set([subscription]));
    },

    /** Returns whether the subscription was in the backlog. */
    delete(subscription: Subscription): boolean {
      const known = bySocket.get(subscription.connection);
      if (!known?.delete(subscription)) return false;
      if (known.size === 0) bySocket.delete(subscription.connection);
      return true;
    },
  };
}
