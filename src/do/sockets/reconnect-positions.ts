import { parseCursor, type Cursor } from "../../shared/cursor.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import type { Connection } from "../connections/connection.js";
import type { Start } from "./stream-scope.js";
import type { Subscription } from "../connections/subscription.js";
import type { SubscriptionIndex } from "../connections/subscription-index.js";

interface ReconnectPosition {
  readonly start: Start;
  readonly expiresAt: number;
}

/** Lifetime of a stored position, in milliseconds. A client that is requested to reconnect does so at once. */
const POSITION_LIFETIME_MS = 30_000;

/**
 * Remembers the positions of a socket's subscriptions after its client was requested to reconnect. A client that has not received an
 * event yet has no cursor to resume from.
 */
export function createReconnectPositions(index: () => SubscriptionIndex, isStale: (connection: Connection) => boolean) {
  const requested = new Set<Connection>();
  const positions = new Map<string, ReconnectPosition>();

  const keyOf = (session: string, id: string | number, path: string): string => JSON.stringify([session, id, path]);

  /** Returns the position for the client's next socket; `undefined` if the client was not asked to reconnect. */
  function positionOf({ connection, stored, catchUpFrom }: Subscription, head: Cursor): Start | undefined {
    // The client resumes from the id of its last event.
    if (stored.kind === "tracked") return undefined;
    // If the object has hibernated since it asked, undelivered changes on a stale socket show that it did ask.
    const wasAsked = catchUpFrom !== undefined && isStale(connection);
    if (!requested.has(connection) && !wasAsked) return undefined;
    return { tables: stored.tables, after: catchUpFrom?.from ?? catchUpFrom?.after ?? head };
  }

  return {
    wasRequested: (connection: Connection): boolean => requested.has(connection),

    /** Records that the client is asked to reconnect. Returns false if it was asked before. */
    request(connection: Connection): boolean {
      if (requested.has(connection)) return false;
      requested.add(connection);
      return true;
    },

    /** Called when a socket is closed. Stores the positions of its subscriptions if its client was asked to reconnect. */
    leave(connection: Connection, head: Cursor): void {
      const session = sessionOf(connection.caller);
      if (session !== undefined) {
        const now = Date.now();
        for (const [key, { expiresAt }] of positions) if (expiresAt <= now) positions.delete(key);
        for (const subscription of index().of(connection)) {
          const { id, path } = subscription.stored;
          const key = keyOf(session, id, path);
          const start = oldest([positionOf(subscription, head), positions.get(key)?.start]);
          if (start) positions.set(key, { start, expiresAt: now + POSITION_LIFETIME_MS });
        }
      }
      requested.delete(connection);
    },

    /** Returns the position of the same subscription on the client's previous socket; `undefined` if there is none. */
    take(caller: Caller, id: string | number, path: string, head: Cursor): Start | undefined {
      const session = sessionOf(caller);
      if (session === undefined) return undefined;
      // Several tabs of a session may use the same id, and the object cannot tell them apart. It takes the oldest position: a
      // client may then receive an event twice, but misses none.
      const open = Array.from(index().connections(), (connection) =>
        sessionOf(connection.caller) === session ? index().get(connection, id) : undefined,
      ).map((subscription) => (subscription?.stored.path === path ? positionOf(subscription, head) : undefined));
      // The position is not deleted, because another tab of the session may need it.
      const position = positions.get(keyOf(session, id, path));
      return oldest([...open, position && position.expiresAt > Date.now() ? position.start : undefined]);
    },
  };
}

export type ReconnectPositions = ReturnType<typeof createReconnectPositions>;

function oldest(starts: readonly (Start | undefined)[]): Start | undefined {
  const known = starts.filter((start) => start !== undefined);
  return known.toSorted((one, other) => seqOf(one) - seqOf(other))[0];
}

/** Returns the position in the log. An invalid cursor counts as the oldest, because it leads to a reset anyway. */
function seqOf({ after }: Start): number {
  return (typeof after === "string" ? parseCursor(after) : after)?.seq ?? 0;
}
