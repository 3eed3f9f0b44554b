import type { Connection } from "../sockets/connection.js";
import type { Subscription } from "../sockets/subscription.js";

/** The subscriptions that could not be sent the last result, by their sockets, the longest behind first. */
export function createBehind() {
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

    /** Returns whether it was behind. */
    delete(subscription: Subscription): boolean {
      const known = bySocket.get(subscription.connection);
      if (!known?.delete(subscription)) return false;
      if (known.size === 0) bySocket.delete(subscription.connection);
      return true;
    },
  };
}
