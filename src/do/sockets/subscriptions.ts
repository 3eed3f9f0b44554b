import type { Cursor } from "../../shared/cursor.js";
import type { ErrorShape } from "../../shared/call.js";
import { readAttachment, writeAttachment, type StoredSubscription } from "./attachment.js";
import type { ChangeHub, Flush, TrackedChange } from "./change-hub.js";
import type { SourceDescription } from "./change-source.js";
import type { Frames } from "./frames.js";

/** Runs a subscription's procedure and says what it listens to. */
export type OpenSubscription = (
  socket: WebSocket,
  subscription: Omit<StoredSubscription, "table">,
  lastEventId: string | undefined,
) => Promise<
  { readonly ok: true; readonly source: SourceDescription } | { readonly ok: false; readonly error: ErrorShape }
>;

interface Subscription extends StoredSubscription {
  readonly socket: WebSocket;
  /** Whether its procedure has run since the object woke up. */
  opened: boolean;
  /** What it was told up to, while that is behind the hub's head. */
  behind: Cursor | string | undefined;
}

export interface SubscriptionsOptions {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly open: OpenSubscription;
  /** Whether events may go to a socket now. Asked for every flush. */
  readonly mayReceive: (socket: WebSocket) => boolean;
  /** Keeps the object awake until a piece of work is done. */
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * The subscriptions of all sockets of one object. They are data in the sockets' attachments; here they are only
 * indexed by what they listen to. After a sleep a subscription's procedure runs again when it is first touched,
 * not before, so a wake costs what it touches.
 */
export function createSubscriptions({ hub, frames, open, mayReceive, waitUntil }: SubscriptionsOptions) {
  const bySocket = new Map<WebSocket, Map<string | number, Subscription>>();
  const byTable = new Map<string, Set<Subscription>>();

  function index(subscription: Subscription): void {
    const { socket, id, table } = subscription;
    const own = bySocket.get(socket) ?? new Map<string | number, Subscription>();
    bySocket.set(socket, own.set(id, subscription));
    byTable.set(table, (byTable.get(table) ?? new Set()).add(subscription));
  }

  function drop(subscription: Subscription): void {
    bySocket.get(subscription.socket)?.delete(subscription.id);
    byTable.get(subscription.table)?.delete(subscription);
  }

  function isCurrent(subscription: Subscription): boolean {
    return bySocket.get(subscription.socket)?.get(subscription.id) === subscription;
  }

  function store(socket: WebSocket): void {
    const attachment = readAttachment(socket);
    const own = bySocket.get(socket)?.values() ?? [];
    const subscriptions = Array.from(own, ({ id, path, input, table, jsonrpc }) => ({
      id,
      path,
      input,
      table,
      jsonrpc,
    }));
    if (attachment) writeAttachment(socket, { ...attachment, subscriptions });
  }

  function send(
    subscription: Subscription,
    changes: readonly TrackedChange[],
    shared: Map<TrackedChange, string>,
  ): void {
    for (const told of changes) {
      const event = shared.get(told) ?? frames.event(told.cursor, told.change);
      shared.set(told, event);
      subscription.socket.send(frames.withEvent(subscription, event));
    }
  }

  function catchUp(subscription: Subscription): void {
    if (subscription.behind === undefined || !mayReceive(subscription.socket)) return;
    const missed = hub.since(subscription.table, subscription.behind);
    subscription.behind = undefined;
    send(subscription, missed, new Map());
  }

  /** Runs the procedure again, as after a reconnect: the app's middlewares see who is asking today. */
  async function reopen(subscription: Subscription): Promise<void> {
    const result = await open(subscription.socket, subscription, undefined);
    if (!isCurrent(subscription)) return;
    if (result.ok) {
      subscription.opened = true;
      return catchUp(subscription);
    }
    drop(subscription);
    store(subscription.socket);
    subscription.socket.send(frames.error(subscription, result.error));
  }

  function deliver(subscription: Subscription, flush: Flush, shared: Map<TrackedChange, string>): void {
    // It is behind already: whoever brings it up to date reads this flush too.
    if (subscription.behind !== undefined) return;
    if (!mayReceive(subscription.socket)) {
      subscription.behind = flush.from;
    } else if (subscription.opened) {
      send(subscription, flush.changes(subscription.table), shared);
    } else {
      subscription.behind = flush.from;
      waitUntil(reopen(subscription));
    }
  }

  hub.onFlush((flush) => {
    const shared = new Map<TrackedChange, string>();
    for (const table of flush.tables) {
      for (const subscription of byTable.get(table) ?? []) deliver(subscription, flush, shared);
    }
  });

  return {
    /** Takes up a socket's subscriptions after the object woke. Runs none of their procedures. */
    restore(socket: WebSocket): void {
      for (const stored of readAttachment(socket)?.subscriptions ?? []) {
        index({ ...stored, socket, opened: false, behind: undefined });
      }
    },

    has: (socket: WebSocket, id: string | number): boolean => bySocket.get(socket)?.has(id) ?? false,

    /** Adds a subscription that told its client it has started, and tells what it missed. */
    add(socket: WebSocket, stored: StoredSubscription, from: Cursor | string): void {
      const subscription: Subscription = { ...stored, socket, opened: true, behind: from };
      index(subscription);
      store(socket);
      catchUp(subscription);
    },

    /** Ends a subscription; `false` when there is none. */
    remove(socket: WebSocket, id: string | number): boolean {
      const subscription = bySocket.get(socket)?.get(id);
      if (!subscription) return false;
      drop(subscription);
      store(socket);
      return true;
    },

    /** Forgets a socket that is gone. */
    forget(socket: WebSocket): void {
      for (const subscription of bySocket.get(socket)?.values() ?? [])
        byTable.get(subscription.table)?.delete(subscription);
      bySocket.delete(socket);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;
