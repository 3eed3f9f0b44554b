import { readAttachment, type Attachment, type StoredSubscription } from "./attachment.js";

/** Above this an attachment would soon hit the platform's 16,384 bytes, and each write of it costs its size. */
const SPILL_ABOVE = 12_288;
const SPILLED = "spilled";

export const socketSchema = `
  CREATE TABLE IF NOT EXISTS _socket_subscriptions (
    socket TEXT NOT NULL,
    id TEXT NOT NULL,
    stored TEXT NOT NULL,
    PRIMARY KEY (socket, id)
  ) STRICT, WITHOUT ROWID`;

interface Kept {
  readonly attachment: Attachment;
  /** Its subscriptions, unless they are rows. */
  readonly list: readonly StoredSubscription[] | undefined;
}

/**
 * Where the subscriptions of sleeping sockets are kept: with the socket, where they cost no storage and vanish
 * with it, or as rows when there are too many.
 */
export function createSubscriptionStore(sql: SqlStorage) {
  const keyOf = (id: string | number): string => JSON.stringify(id);

  function put(key: string, subscription: StoredSubscription): void {
    sql.exec(
      "INSERT OR REPLACE INTO _socket_subscriptions (socket, id, stored) VALUES (?, ?, ?)",
      key,
      keyOf(subscription.id),
      JSON.stringify(subscription),
    );
  }

  // What is kept with each socket, as it stands: reading it back would cost as much as the write that follows.
  const kept = new WeakMap<WebSocket, Kept>();

  function keptWith(socket: WebSocket): Kept | undefined {
    const known = kept.get(socket);
    if (known) return known;
    const attachment = readAttachment(socket);
    if (!attachment) return undefined;
    const spilled = attachment.subscriptions === SPILLED;
    const read = { attachment, list: spilled ? undefined : parse(attachment.subscriptions) };
    kept.set(socket, read);
    return read;
  }

  function keep(socket: WebSocket, attachment: Attachment, list: Kept["list"]): void {
    socket.serializeAttachment(attachment);
    kept.set(socket, { attachment, list });
  }

  return {
    read(attachment: Attachment): readonly StoredSubscription[] {
      if (attachment.subscriptions !== SPILLED) return parse(attachment.subscriptions);
      return sql
        .exec("SELECT stored FROM _socket_subscriptions WHERE socket = ?", attachment.key)
        .toArray()
        .map(({ stored }) => JSON.parse(String(stored)) as StoredSubscription);
    },

    /** Adds a subscription, or replaces the one with its id. */
    add(socket: WebSocket, subscription: StoredSubscription): void {
      const { attachment, list } = keptWith(socket) ?? {};
      if (!attachment) return;
      if (!list) return put(attachment.key, subscription);
      const next = [...list.filter(({ id }) => id !== subscription.id), subscription];
      const text = JSON.stringify(next);
      if (sizeOf(text) <= SPILL_ABOVE) return keep(socket, { ...attachment, subscriptions: text }, next);
      for (const each of next) put(attachment.key, each);
      keep(socket, { ...attachment, subscriptions: SPILLED }, undefined);
    },

    remove(socket: WebSocket, id: string | number): void {
      const { attachment, list } = keptWith(socket) ?? {};
      if (!attachment) return;
      if (!list) {
        sql.exec("DELETE FROM _socket_subscriptions WHERE socket = ? AND id = ?", attachment.key, keyOf(id));
        return;
      }
      const next = list.filter((each) => each.id !== id);
      keep(socket, { ...attachment, subscriptions: JSON.stringify(next) }, next);
    },

    setDeadline(socket: WebSocket, deadline: number | undefined): void {
      const { attachment, list } = keptWith(socket) ?? {};
      if (attachment) keep(socket, { ...attachment, deadline }, list);
    },

    /** Forgets the rows of a socket that is gone. */
    forget(key: string): void {
      sql.exec("DELETE FROM _socket_subscriptions WHERE socket = ?", key);
    },

    /** Forgets the rows of all sockets but these. */
    sweep(keys: readonly string[]): void {
      sql.exec(
        "DELETE FROM _socket_subscriptions WHERE socket NOT IN (SELECT value FROM json_each(?))",
        JSON.stringify(keys),
      );
    },
  };
}

function parse(text: string): readonly StoredSubscription[] {
  return JSON.parse(text) as readonly StoredSubscription[];
}

/** In bytes, as the platform serializes a text: with two for each character as soon as one needs them. */
function sizeOf(text: string): number {
  return /[\u0100-\uffff]/.test(text) ? text.length * 2 : text.length;
}

export type SubscriptionStore = ReturnType<typeof createSubscriptionStore>;
