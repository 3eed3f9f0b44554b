import {
  readAttachment,
  type Attachment,
  type StoredPresence,
  type StoredSubscription,
} from "../connections/attachment.js";

/** Subscriptions larger than this, in bytes, are stored as rows. The platform limits an attachment to 16,384 bytes. */
const SPILL_ABOVE = 12_288;
const SPILLED = "spilled";
/** Longest list of rows in one statement, in characters. The platform limits a value to 2 MB. */
const STATEMENT_LENGTH = 500_000;

const PUT_ROWS = `
  INSERT OR REPLACE INTO _socket_subscriptions (socket, id, stored)
  SELECT ?, value ->> 0, value ->> 1 FROM json_each(?)`;
const DELETE_ROWS = "DELETE FROM _socket_subscriptions WHERE socket = ? AND id IN (SELECT value FROM json_each(?))";

type Changes = Map<string | number, StoredSubscription | undefined>;

export const socketSchema = `
  CREATE TABLE IF NOT EXISTS _socket_subscriptions (
    socket TEXT NOT NULL,
    id TEXT NOT NULL,
    stored TEXT NOT NULL,
    PRIMARY KEY (socket, id)
  ) STRICT, WITHOUT ROWID`;

interface CachedAttachment {
  readonly attachment: Attachment;
  /** The subscriptions, unless they are stored as rows. */
  readonly list: readonly StoredSubscription[] | undefined;
}

/**
 * Stores the subscriptions of sockets for hibernation: in the socket's attachment, which needs no storage and is deleted with the
 * socket, or as rows if they are too large for it.
 */
export function createSubscriptionStore(sql: SqlStorage) {
  const keyOf = (id: string | number): string => JSON.stringify(id);

  // The current attachments. Reading an attachment back costs as much as writing it.
  const cache = new WeakMap<WebSocket, CachedAttachment>();
  /** The changes of a batch: the new state of each subscription, or `undefined` if it was deleted. */
  let batch: Map<WebSocket, Changes> | undefined;

  function readCached(socket: WebSocket): CachedAttachment | undefined {
    const known = cache.get(socket);
    if (known) return known;
    const attachment = readAttachment(socket);
    if (!attachment) return undefined;
    const spilled = attachment.subscriptions === SPILLED;
    const read = { attachment, list: spilled ? undefined : parse(attachment.subscriptions) };
    cache.set(socket, read);
    return read;
  }

  function writeAttachment(socket: WebSocket, attachment: Attachment, list: CachedAttachment["list"]): void {
    socket.serializeAttachment(attachment);
    cache.set(socket, { attachment, list });
  }

  /** Writes rows, as many per statement as the length of a value allows. */
  function putAll(key: string, subscriptions: readonly StoredSubscription[]): void {
    let rows: string[] = [];
    let length = 0;
    const write = (): void => {
      if (rows.length > 0) sql.exec(PUT_ROWS, key, `[${rows.join()}]`);
      rows = [];
      length = 0;
    };
    for (const each of subscriptions) {
      const row = JSON.stringify([keyOf(each.id), JSON.stringify(each)]);
      if (length + row.length > STATEMENT_LENGTH) write();
      rows.push(row);
      length += row.length;
    }
    write();
  }

  function apply(socket: WebSocket, changes: Changes): void {
    const { attachment, list } = readCached(socket) ?? {};
    if (!attachment) return;
    const changed = [...changes.values()].filter((each) => each !== undefined);
    if (list) {
      const next = [...list.filter(({ id }) => !changes.has(id)), ...changed];
      const text = JSON.stringify(next);
      if (changed.length === 0 || sizeOf(text) <= SPILL_ABOVE) {
        return writeAttachment(socket, { ...attachment, subscriptions: text, hasLive: next.some(isLive) }, next);
      }
      putAll(attachment.key, next);
      return writeAttachment(socket, { ...attachment, subscriptions: SPILLED, hasLive: next.some(isLive) }, undefined);
    }
    putAll(attachment.key, changed);
    if (attachment.hasLive === false && changed.some(isLive))
      writeAttachment(socket, { ...attachment, hasLive: true }, undefined);
    const deleted = [...changes].flatMap(([id, each]) => (each === undefined ? [keyOf(id)] : []));
    if (deleted.length > 0) sql.exec(DELETE_ROWS, attachment.key, JSON.stringify(deleted));
  }

  function change(socket: WebSocket, id: string | number, subscription: StoredSubscription | undefined): void {
    if (!batch) return apply(socket, new Map([[id, subscription]]));
    const changes = batch.get(socket);
    if (changes) changes.set(id, subscription);
    else batch.set(socket, new Map([[id, subscription]]));
  }

  return {
    read(attachment: Attachment): readonly StoredSubscription[] {
      if (attachment.subscriptions !== SPILLED) return parse(attachment.subscriptions);
      return sql
        .exec("SELECT stored FROM _socket_subscriptions WHERE socket = ?", attachment.key)
        .toArray()
        .map(({ stored }) => JSON.parse(String(stored)) as StoredSubscription);
    },

    /**
     * Runs synchronous work and writes its changes at the end, with one write per socket. A write per subscription would cost more
     * than the events.
     */
    inOneWrite(work: () => void): void {
      if (batch) return work();
      const changes = new Map<WebSocket, Changes>();
      batch = changes;
      try {
        work();
      } finally {
        batch = undefined;
        for (const [socket, each] of changes) apply(socket, each);
      }
    },

    /** Adds a subscription, or replaces the one with its id. */
    add: (socket: WebSocket, subscription: StoredSubscription): void => change(socket, subscription.id, subscription),

    remove: (socket: WebSocket, id: string | number): void => change(socket, id, undefined),

    setDeadline(socket: WebSocket, deadline: number | undefined): void {
      const { attachment, list } = readCached(socket) ?? {};
      if (attachment) writeAttachment(socket, { ...attachment, deadline }, list);
    },

    /** @param presence `undefined` deletes the stored one */
    setPresence(socket: WebSocket, presence: StoredPresence | undefined): void {
      const { attachment, list } = readCached(socket) ?? {};
      if (attachment) writeAttachment(socket, { ...attachment, presence }, list);
    },

    /** Deletes the rows of a closed socket. */
    delete(key: string): void {
      sql.exec("DELETE FROM _socket_subscriptions WHERE socket = ?", key);
    },

    /** Deletes the rows of all sockets except these. */
    prune(keys: readonly string[]): void {
      sql.exec(
        "DELETE FROM _socket_subscriptions WHERE socket NOT IN (SELECT value FROM json_each(?))",
        JSON.stringify(keys),
      );
    },
  };
}

const isLive = ({ kind }: StoredSubscription): boolean => kind === "live";

function parse(text: string): readonly StoredSubscription[] {
  return JSON.parse(text) as readonly StoredSubscription[];
}

/** Size of a serialized string in bytes. The platform uses two bytes per character if any character needs them. */
function sizeOf(text: string): number {
  return /[\u0100-\uffff]/.test(text) ? text.length * 2 : text.length;
}

export type SubscriptionStore = ReturnType<typeof createSubscriptionStore>;
