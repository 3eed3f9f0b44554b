import { CLOSE_RECONNECT } from "../../shared/close-codes.js";
import type { Caller } from "../../shared/caller.js";
import type { Read } from "../tables/reads/read-recorder.js";
import type { RowFilter } from "../change-log/row-filter.js";

/** A subscription as it is stored for hibernation, with everything that is needed to run its procedure again. */
export interface StoredSubscription {
  readonly id: string | number;
  readonly jsonrpc?: "2.0" | undefined;
  readonly path: string;
  /**
   * The type of the procedure, if a Worker called a query or a mutation that returned a stream.
   * @default a subscription
   */
  readonly type?: "query" | "mutation" | undefined;
  /** The serialized input, as the client sent it. */
  readonly input: unknown;
  /**
   * - `source`: the changes of one table, or of some of its rows. It has no state of its own
   * - `silent`: a generator of the app that has not yielded yet. It restarts at the positions of its sources
   * - `tracked`: a generator that yields event ids. It resumes from the last one
   * - `untracked`: a generator that yields values without ids, so it cannot resume
   * - `live`: a live query
   */
  readonly kind: "source" | "silent" | "tracked" | "untracked" | "live";
  /** The tables whose changes concern the subscription. */
  readonly tables: readonly string[];
  /**
   * The rows of a source.
   * @default all rows of the table
   */
  readonly rows?: RowFilter | undefined;
  /**
   * The last event id of a tracked generator, or the position of the first change that was not delivered.
   * @default all changes are delivered
   */
  readonly cursor?: string | undefined;
  readonly live?: StoredLive | undefined;
  /**
   * Whether the client reads flush acknowledgements from the events of live queries.
   * @default it gets them in separate frames
   */
  readonly readsFlushed?: true | undefined;
  /**
   * Whether the client reads the changes of live queries against the last result that it received.
   * @default it gets whole results
   */
  readonly readsDeltas?: true | undefined;
}

/** The stored state of a live query. */
export interface StoredLive {
  /** Hash of the last result that the client received. */
  readonly hash: string | undefined;
  /** The data that the result depends on. */
  readonly reads: readonly Read[];
  /** Whether the result is the same for all callers. */
  readonly shared: boolean;
}

/** The presence of a socket. */
export interface StoredPresence {
  /** When the connection was opened, in milliseconds since the epoch. */
  readonly since: number;
  /**
   * The state as JSON text.
   * @default the client has not set one
   */
  readonly state?: string | undefined;
  /**
   * The name that the client chose for the socket.
   * @default none
   */
  readonly name?: string | undefined;
}

/** The state of a socket that survives hibernation. The platform serializes it with the socket, up to 16,384 bytes. */
export interface Attachment {
  /**
   * The version of this shape.
   * @default 1: sockets that were accepted before the shape had a version
   */
  readonly version?: number | undefined;
  /** Identifies the socket's rows if its subscriptions are too large for the attachment. */
  readonly key: string;
  readonly caller: Caller;
  /** When the access token that opened the socket expires, in milliseconds since the epoch. */
  readonly lapses: number;
  /** Version of the caller's permissions when the socket was opened. */
  readonly standing?: number | undefined;
  /** The subscriptions as JSON text, whose size is known before it is stored; `spilled` if they are stored as rows. */
  readonly subscriptions: string;
  /**
   * Whether the socket has live queries. If they are stored as rows, it stays true after the last one has ended.
   * @default unknown: earlier versions did not store it
   */
  readonly hasLive?: boolean | undefined;
  /** Until when the client must answer a ping that was sent, in milliseconds since the epoch. */
  readonly deadline?: number | undefined;
  /**
   * Present for the socket of a client, if the app declares presence for this kind of owner.
   * @default the socket does not count as present
   */
  readonly presence?: StoredPresence | undefined;
}

/** Increase it when an earlier version would misread what this version stores. A new optional field needs no new version. */
export const ATTACHMENT_VERSION = 1;

/** Returns the attachment of a socket; `undefined` if there is none or a newer version wrote it. */
export function readAttachment(socket: WebSocket): Attachment | undefined {
  const attachment = deserialize(socket);
  return attachment && isKnown(attachment) ? attachment : undefined;
}

/**
 * Closes a socket whose attachment was written by a newer version, before a rollback. The client then subscribes again on another
 * socket, from its cursors. Returns whether the socket was closed.
 */
export function closeIfNewer(socket: WebSocket): boolean {
  const attachment = deserialize(socket);
  if (!attachment || isKnown(attachment)) return false;
  socket.close(CLOSE_RECONNECT, "The app was rolled back. Open another socket.");
  return true;
}

function deserialize(socket: WebSocket): Attachment | undefined {
  return (socket.deserializeAttachment() as Attachment | null) ?? undefined;
}

const isKnown = ({ version = 1 }: Attachment): boolean => version <= ATTACHMENT_VERSION;
