import { parseCursor, type Cursor } from "../../shared/cursor.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import type { Connection } from "../connections/connection.js";
import type { Start } from "./stream-scope.js";
import type { Subscription, SubscriptionIndex } from "../connections/subscription.js";

interface ReconnectPosition {
  readonly start: Start;
  readonly expiresAt: number;
}

/** In milliseconds. A client that was asked to come back does so at once. */
const LIFETIME = 30_000;

/**
 * Where subscriptions stand whose clients were asked to come back on a new socket, because theirs is stale. A client
 * that has had no event yet has no cursor to come back with, so the object remembers for it.
 */
export function createReconnectPositions(index: SubscriptionIndex, isStale: (connection: Connection) => boolean) {
  const asked = new Set<Connection>();
  const left = new Map<string, ReconnectPosition>();

  const keyOf = (session: string, id: string | number, path: string): string => JSON.stringify([session, id, path]);

  /** What the next socket starts at; nothing when the client of this one was not asked to leave it. */
  function positionOf({ connection, stored, behind }: Subscription, head: Cursor): Start | undefined {
    // Its client has an id to come back with.
    if (stored.kind === "tracked") return undefined;
    // The object may have slept since it asked: what waits for a stale socket says so too.
    const waits = behind !== undefined && isStale(connection);
    if (!asked.has(connection) && !waits) return undefined;
    return { tables: stored.tables, after: behind?.from ?? behind?.after ?? head };
  }

  return {
    wasAsked: (connection: Connection): boolean => asked.has(connection),

    /** Whether the client was asked already; from now on it was. */
    ask(connection: Connection): boolean {
      if (asked.has(connection)) return false;
      asked.add(connection);
      return true;
    },

    /** The socket is gone: remembers where its subscriptions stood, if its client was asked to leave it. */
    leave(connection: Connection, head: Cursor): void {
      const session = sessionOf(connection.caller);
      if (session !== undefined) {
        const now = Date.now();
        for (const [key, handover] of left) if (handover.expiresAt <= now) left.delete(key);
        for (const subscription of index.of(connection)) {
          const { id, path } = subscription.stored;
          const key = keyOf(session, id, path);
          const start = oldest([positionOf(subscription, head), left.get(key)?.start]);
          if (start) left.set(key, { start, expiresAt: now + LIFETIME });
        }
      }
      asked.delete(connection);
    },

    /** Where the same subscription stood on the socket that the client comes from, if it comes from one. */
    take(caller: Caller, id: string | number, path: string, head: Cursor): Start | undefined {
      const session = sessionOf(caller);
      if (session === undefined) return undefined;
      // Several tabs of a session may ask under the same id. Nobody knows which one this is, so that the oldest place
      // it is: a client may be told more than it had missed, but not less.
      const open = Array.from(index.connections(), (connection) =>
        sessionOf(connection.caller) === session ? index.get(connection, id) : undefined,
      ).map((subscription) => (subscription?.stored.path === path ? positionOf(subscription, head) : undefined));
      // What was left stays: the client that it is for may come after another.
      const handover = left.get(keyOf(session, id, path));
      return oldest([...open, handover && handover.expiresAt > Date.now() ? handover.start : undefined]);
    },
  };
}

export type ReconnectPositions = ReturnType<typeof createReconnectPositions>;

function oldest(starts: readonly (Start | undefined)[]): Start | undefined {
  const known = starts.filter((start) => start !== undefined);
  return known.toSorted((one, other) => seqOf(one) - seqOf(other))[0];
}

/** One that no entry ever had is told as a reset, wherever it is. */
function seqOf({ after }: Start): number {
  return (typeof after === "string" ? parseCursor(after) : after)?.seq ?? 0;
}
