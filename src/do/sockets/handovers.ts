import type { Cursor } from "../../shared/cursor.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import type { Connection } from "./connection.js";
import type { Subscription, SubscriptionIndex } from "./subscription.js";

interface Handover {
  readonly after: Cursor | string;
  readonly expiresAt: number;
}

/** A client that was asked to come back does so at once. */
const LIFETIME = 30_000;

/**
 * Where subscriptions stand whose clients were asked to come back on a new socket. A client that has had no event
 * yet has no cursor to come back with, so the object remembers for it.
 */
export function createHandovers(index: SubscriptionIndex) {
  const asked = new Set<Connection>();
  const left = new Map<string, Handover>();

  const keyOf = (session: string, id: string | number, path: string): string => JSON.stringify([session, id, path]);
  const standing = ({ behind }: Subscription, head: Cursor): Cursor | string => behind?.from ?? behind?.after ?? head;

  return {
    /** Whether the client was asked already; from now on it was. */
    ask(connection: Connection): boolean {
      if (asked.has(connection)) return false;
      asked.add(connection);
      return true;
    },

    /** The socket is gone: remembers where its subscriptions stood, if its client was asked to leave it. */
    leave(connection: Connection, head: Cursor): void {
      const session = sessionOf(connection.caller);
      if (!asked.delete(connection) || session === undefined) return;
      const now = Date.now();
      for (const [key, handover] of left) if (handover.expiresAt <= now) left.delete(key);
      const expiresAt = now + LIFETIME;
      for (const subscription of index.of(connection)) {
        const { id, path } = subscription.stored;
        left.set(keyOf(session, id, path), { after: standing(subscription, head), expiresAt });
      }
    },

    /** Where the same subscription stood on the socket that the client comes from, if it comes from one. */
    take(caller: Caller, id: string | number, path: string, head: Cursor): Cursor | string | undefined {
      const session = sessionOf(caller);
      if (session === undefined) return undefined;
      for (const connection of asked) {
        const subscription = sessionOf(connection.caller) === session ? index.get(connection, id) : undefined;
        if (subscription?.stored.path === path) return standing(subscription, head);
      }
      const key = keyOf(session, id, path);
      const handover = left.get(key);
      left.delete(key);
      return handover && handover.expiresAt > Date.now() ? handover.after : undefined;
    },
  };
}
