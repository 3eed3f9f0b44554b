import { readAttachment, type Attachment, type StoredSubscription } from "../connections/attachment.js";

/** Above this an attachment would soon hit the platform's 16,384 bytes, and each write of it costs its size. */
const SPILL_ABOVE = 12_288;
const SPILLED = "spilled";
/** Longest list of rows in one statement, in characters. The platform takes 2 MB of text. */
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

  // What is kept with each socket, as it stands: reading it back would cost as much as the write that follows.
  const kept = new WeakMap<WebSocket, Kept>();
  /** The changes of a batch: the new state of each subscription, or `undefined` for one that is deleted. */
  let batch: Map<WebSocket, Changes> | undefined;

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

  /** Writes rows, as many in one statement as its text may contain. */
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
    const { attachment, list } = keptWith(socket) ?? {};
    if (!attachment) return;
    const changed = [...changes.values()].filter((each) => each !== undefined);
    if (list) {
      const next = [...list.filter(({ id }) => !changes.has(id)), ...changed];
      const text = JSON.stringify(next);
      if (changed.length === 0 || sizeOf(text) <= SPILL_ABOVE) {
        return keep(socket, { ...attachment, subscriptions: text }, next);
      }
      putAll(attachment.key, next);
      return keep(socket, { ...attachment, subscriptions: SPILLED }, undefined);
    }
    putAll(attachment.key, changed);
    const gone = [...changes].flatMap(([id, each]) => (each === undefined ? [keyOf(id)] : []));
    if (gone.length > 0) sql.exec(DELETE_ROWS, attachment.key, JSON.stringify(gone));
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
     * Runs synchronous work whose changes are written at its end, with one write for each socket: a write for each
     * subscription costs more than its event.
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
