import { memberKey } from "../scheduling/member-key.js";
import type { StoredSubscription } from "./attachment.js";
import { byteLength } from "./byte-length.js";
import type { Position } from "./change-hub.js";
import type { Connection } from "./connection.js";

/** A subscription while the object is awake. */
export interface Subscription {
  readonly connection: Connection;
  stored: StoredSubscription;
  /** Whether its procedure has run since the object woke up. */
  opened: boolean;
  /** Where it is, while that is behind the hub's head. */
  behind: Position | undefined;
  /** Ends the app's generator, while one runs. */
  running: AbortController | undefined;
}

/** The subscriptions of an object, by their sockets and by the tables that wake them. */
export function createSubscriptionIndex() {
  const byConnection = new Map<Connection, Map<string | number, Subscription>>();
  const byTable = new Map<string, Set<Subscription>>();
  const bytes = new WeakMap<Connection, number>();
  // As they were when they were counted: an app's ids change.
  const measured = new WeakMap<Subscription, number>();
  let count = 0;
  /** The sockets of each member that have subscriptions, and how many there are on them. */
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

  function measure(subscription: Subscription): number {
    const { input, cursor } = subscription.stored;
    const size = inputBytes(input, cursor);
    measured.set(subscription, size);
    return size;
  }

  const index = {
    count: (): number => count,
    connections: (): Iterable<Connection> => byConnection.keys(),
    of: (connection: Connection): Iterable<Subscription> => byConnection.get(connection)?.values() ?? [],
    countOf: (connection: Connection): number => byConnection.get(connection)?.size ?? 0,
    /**
     * How large the inputs of a socket's subscriptions are together, with the ids that they came back with. Counted
     * when first asked for after a sleep.
     */
    bytesOf(connection: Connection): number {
      const known = bytes.get(connection);
      if (known !== undefined) return known;
      let sum = 0;
      for (const subscription of index.of(connection)) sum += measure(subscription);
      bytes.set(connection, sum);
      return sum;
    },

    /** How many subscriptions a member has on all sockets. */
    countOfMember: (member: string): number => byMember.get(member)?.count ?? 0,

    /** How large the inputs of all subscriptions of a member are together. */
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
      const known = bytes.get(connection);
      if (known !== undefined) bytes.set(connection, known + measure(subscription));
      for (const table of stored.tables) index.listen(subscription, table);
    },

    listen(subscription: Subscription, table: string): void {
      const listeners = byTable.get(table) ?? new Set<Subscription>();
      byTable.set(table, listeners.add(subscription));
    },

    remove(subscription: Subscription): void {
      const own = byConnection.get(subscription.connection);
      if (!own?.delete(subscription.stored.id)) return;
      if (own.size === 0) byConnection.delete(subscription.connection);
      count--;
      countMember(subscription, -1);
      const known = bytes.get(subscription.connection);
      if (known !== undefined) bytes.set(subscription.connection, known - (measured.get(subscription) ?? 0));
      for (const table of subscription.stored.tables) byTable.get(table)?.delete(subscription);
      subscription.running?.abort();
    },

    has: (subscription: Subscription): boolean =>
      index.get(subscription.connection, subscription.stored.id) === subscription,
  };
  return index;
}

/** How large an input is, as it came over the wire, and the id that came beside it. */
export function inputBytes(wireInput: unknown, lastEventId = ""): number {
  return byteLength(lastEventId) + (wireInput === undefined ? 0 : byteLength(JSON.stringify(wireInput)));
}

export type SubscriptionIndex = ReturnType<typeof createSubscriptionIndex>;
