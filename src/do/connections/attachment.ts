import { CLOSE_RECONNECT } from "../../shared/close-codes.js";
import type { Caller } from "../../shared/caller.js";
import type { Read } from "../tables/reads/read-recorder.js";
import type { RowFilter } from "../change-log/row-filter.js";

/** A subscription as it survives sleep: enough to run its procedure again. */
export interface StoredSubscription {
  readonly id: string | number;
  readonly jsonrpc?: "2.0" | undefined;
  readonly path: string;
  /**
   * What a Worker called that answers with a stream.
   * @default a subscription
   */
  readonly type?: "query" | "mutation" | undefined;
  /** As it came over the wire. */
  readonly input: unknown;
  /**
   * - `source`: tells what the log says of one table, or of some of its rows, and has no state of its own
   * - `silent`: the app's own generator that has told nothing yet, and is begun anew where its sources stood
   * - `tracked`: one that is resumed by the id that it yielded last
   * - `untracked`: one that cannot be resumed
   * - `live`: a query that is kept current
   */
  readonly kind: "source" | "silent" | "tracked" | "untracked" | "live";
  /** The tables whose changes wake it. */
  readonly tables: readonly string[];
  /** Which of a source's rows; all when there is nothing. */
  readonly rows?: RowFilter | undefined;
  /** What it was told last, where the log's head does not say. */
  readonly cursor?: string | undefined;
  readonly live?: StoredLive | undefined;
  /**
   * Whether its client reads from an event that a flush is complete with it.
   * @default it is told in a frame of its own
   */
  readonly readsFlushed?: true | undefined;
}

/** What is kept of a live query. */
export interface StoredLive {
  /** Of the result that its client was told last. */
  readonly hash: string | undefined;
  /** What that depends on. */
  readonly reads: readonly Read[];
  /** Whether it is the same for all callers. */
  readonly shared: boolean;
}

/** All that an object remembers of a socket while it sleeps. Serialized with it, at most 16,384 bytes. */
export interface Attachment {
  /**
   * The version of this shape.
   * @default 1: sockets that were accepted before the shape had a version
   */
  readonly version?: number | undefined;
  /** Names the socket's rows when its subscriptions outgrow the attachment. */
  readonly key: string;
  readonly caller: Caller;
  /** When the access token that opened the socket lapses, in milliseconds since the epoch. */
  readonly lapses: number;
  /** What the caller might do when the socket was opened. */
  readonly standing?: number | undefined;
  /** The subscriptions as one JSON text, whose size is known before it is kept; `spilled` when they are rows instead. */
  readonly subscriptions: string;
  /** When the client must have shown that it reads, if it was asked to. */
  readonly deadline?: number | undefined;
}

/** Raise it when an earlier version would misread what this one keeps. A new optional field needs no new version. */
export const ATTACHMENT_VERSION = 1;

/** Reads what is kept of a socket, unless a newer version wrote it. */
export function readAttachment(socket: WebSocket): Attachment | undefined {
  const attachment = deserialize(socket);
  return attachment && isKnown(attachment) ? attachment : undefined;
}

/**
 * Closes a socket if a newer version kept its subscriptions, before a rollback: its client subscribes again on another socket,
 * from its cursors. Returns whether it did.
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
