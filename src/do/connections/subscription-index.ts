import { memberKey } from "../scheduling/member-key.js";
import { byteLength } from "../../shared/byte-length.js";
import type { Connection } from "./connection.js";
import type { Subscription } from "./subscription.js";

/** The subscriptions of an object, by their sockets and by the tables that wake them. */
export function createSubscriptionIndex() {
  const byConnection = new Map<Connection, Map<string | number, Subscription>>();
  const byTable = new Map<string, Set<Subscription>>();
  // The sizes when they were counted, because cursors change. `undefined` until sizes are first needed after hibernation.
  let measured: Map<Subscription, number> | undefined;
  const bytes = new Map<Connection, number>();
  let count = 0;
  /** The sockets with subscriptions of each member, and the number of their subscriptions. */
  const byMember = new Map<string, { readonly connections: Set<Connection>; count: number }>();

  function countMember({ connection }: Subscription, by: 1 | -1): void {
    const member = memberKey(connection.caller);
    const own = byMember.get(member) ?? { connections: new Set(), count: 0 };
    own.count += by;
    if (byConnection.has(connection)) own.connections.add(connection);
    else own.connections.delete(connection);
    if (own.count > 0) byMember.set(member, own);
    else byMember.delete(member);
  }

  function measure(subscription: Subscription, sizes: Map<Subscription, number>): void {
    const { connection, stored } = subscription;
    const size = inputBytes(stored.input, stored.cursor);
    sizes.set(subscription, size);
    bytes.set(connection, (bytes.get(connection) ?? 0) + size);
    connection.memory.add("stored", size);
  }

  function releaseSize(subscription: Subscription): void {
    const { connection } = subscription;
    const size = measured?.get(subscription) ?? 0;
    measured?.delete(subscription);
    const rest = (bytes.get(connection) ?? 0) - size;
    if (rest > 0) bytes.set(connection, rest);
    else bytes.delete(connection);
    connection.memory.release("stored", size);
  }

  const index = {
    count: (): number => count,
    connections: (): Iterable<Connection> => byConnection.keys(),
    of: (connection: Connection): Iterable<Subscription> => byConnection.get(connection)?.values() ?? [],
    countOf: (connection: Connection): number => byConnection.get(connection)?.size ?? 0,
    /**
     * Returns the size of the inputs of a socket's subscriptions with their last event ids, in bytes. The first call after
     * hibernation counts the subscriptions of all sockets.
     */
    bytesOf(connection: Connection): number {
      if (!measured) {
        measured = new Map();
        for (const subscription of index.all()) measure(subscription, measured);
      }
      return bytes.get(connection) ?? 0;
    },

    /** Returns the number of a member's subscriptions on all sockets. */
    countOfMember: (member: string): number => byMember.get(member)?.count ?? 0,

    /** Returns the size of the inputs of all subscriptions of a member, in bytes. */
    bytesOfMember(member: string): number {
      let sum = 0;
      for (const connection of byMember.get(member)?.connections ?? []) sum += index.bytesOf(connection);
      return sum;
    },

    get: (connection: Connection, id: string | number): Subscription | undefined =>
      byConnection.get(connection)?.get(id),
    listeningTo: (table: string): Iterable<Subscription> => byTable.get(table) ?? [],
    all: (): Subscription[] => [...byConnection.values()].flatMap((own) => [...own.values()]),

    add(subscription: Subscription): void {
      const { connection, stored } = subscription;
      const own = byConnection.get(connection) ?? new Map<string | number, Subscription>();
      byConnection.set(connection, own.set(stored.id, subscription));
      count++;
      countMember(subscription, 1);
      if (measured) measure(subscription, measured);
      for (const table of stored.tables) index.listen(subscription, table);
    },

    listen(subscription: Subscription, table: string): void {
      const listeners = byTable.get(table) ?? new Set<Subscription>();
      byTable.set(table, listeners.add(subscription));
    },

    /** Ends a subscription and removes it. */
    remove(subscription: Subscription): void {
      const own = byConnection.get(subscription.connection);
      if (!own?.delete(subscription.stored.id)) return;
      if (own.size === 0) byConnection.delete(subscription.connection);
      count--;
      countMember(subscription, -1);
      releaseSize(subscription);
      for (const table of subscription.stored.tables) byTable.get(table)?.delete(subscription);
      subscription.end();
    },
  };
  return index;
}

/** Returns the size of a serialized input and of the last event id that was sent with it, in bytes. */
export function inputBytes(wireInput: unknown, lastEventId = ""): number {
  return byteLength(lastEventId) + (wireInput === undefined ? 0 : byteLength(JSON.stringify(wireInput)));
}

export type SubscriptionIndex = ReturnType<typeof createSubscriptionIndex>;
