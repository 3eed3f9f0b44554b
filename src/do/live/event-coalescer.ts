import type { Connection } from "../connections/connection.js";
import type { FrameHead, Frames } from "../connections/frames.js";
import { byteLength } from "../../shared/byte-length.js";

interface BufferedEvent {
  readonly head: FrameHead;
  readonly event: string;
}

interface SharedFrame extends FrameHead {
  readonly event: string;
  readonly cursor: string | undefined;
  readonly text: string;
  readonly bytes: number;
}

/** Longest event, in characters, that is cached for other subscriptions with the same result. */
const MAX_CACHED = 262_144;

/**
 * Buffers each socket's latest event, so that the flush acknowledgement can be part of the last one instead of a separate frame,
 * which would cost as much as an event. The buffer is always emptied within the same turn.
 */
export function createEventCoalescer(frames: Frames) {
  const buffered = new Map<Connection, BufferedEvent>();
  /** The last frame, which is the same for all subscriptions with the same result and id. */
  let last: SharedFrame | undefined;

  /** Sends the buffered event of a socket. @param cursor the flush that is acknowledged with it, if any */
  function send(connection: Connection, cursor: string | undefined): void {
    const known = buffered.get(connection);
    if (!known) return;
    buffered.delete(connection);
    const { head, event } = known;
    if (event.length > MAX_CACHED) return connection.send(textOf(head, event, cursor));
    if (last?.event !== event || last.cursor !== cursor || last.id !== head.id || last.jsonrpc !== head.jsonrpc) {
      const text = textOf(head, event, cursor);
      last = { id: head.id, jsonrpc: head.jsonrpc, event, cursor, text, bytes: byteLength(text) };
    }
    if (cursor === undefined) connection.send(last.text, last.bytes);
    else connection.sendAuthorized(last.text, last.bytes);
  }

  const textOf = (head: FrameHead, event: string, cursor: string | undefined): string =>
    frames.withEvent(head, cursor === undefined ? event : append(event, cursor));

  const release = (connection: Connection): void => send(connection, undefined);

  return {
    /**
     * Buffers an event, and sends the one that was buffered before.
     *
     * @param bytes approximate size of the event. Measuring a long text that was just concatenated would copy it.
     */
    buffer(connection: Connection, head: FrameHead, event: string, bytes: number): void {
      release(connection);
      connection.countBuffered(bytes);
      buffered.set(connection, { head, event });
    },

    /** Whether an event is buffered. Its memory is counted already, so it needs no room. */
    has: (connection: Connection): boolean => buffered.has(connection),

    /** Sends the buffered event of a socket without an acknowledgement. */
    release,

    connections: (): readonly Connection[] => [...buffered.keys()],

    /**
     * Sends the buffered event of a socket with the acknowledgement that its flush is complete. The socket must have been authorized
     * in the same turn.
     */
    complete: (connection: Connection, cursor: string): void => send(connection, cursor),
  };
}

function append(event: string, cursor: string): string {
  return `${event},"userdo":{"flushed":${JSON.stringify(cursor)}}`;
}
