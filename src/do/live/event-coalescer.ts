import type { Connection } from "../connections/connection.js";
import type { FrameHead, Frames } from "../connections/frames.js";

interface BufferedEvent {
  readonly head: FrameHead;
  readonly event: string;
}

/** Longest event, in characters, that is cached for other subscriptions with the same result. */
const MAX_CACHED = 262_144;

/**
 * Buffers each socket's latest event, so that the flush acknowledgement can be part of the last one instead of a separate frame,
 * which would cost as much as an event. The buffer is always emptied within the same turn.
 */
export function createEventCoalescer(frames: Frames) {
  const buffered = new Map<Connection, BufferedEvent>();
  // Subscriptions that share a result share the text with the acknowledgement as well.
  let last = { event: "", cursor: "", text: "" };

  function withAck(event: string, cursor: string): string {
    if (event.length > MAX_CACHED) return append(event, cursor);
    if (last.event !== event || last.cursor !== cursor) {
      last = { event, cursor, text: append(event, cursor) };
    }
    return last.text;
  }

  function release(connection: Connection): void {
    const known = buffered.get(connection);
    buffered.delete(connection);
    if (known) connection.send(frames.withEvent(known.head, known.event));
  }

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

    /** Sends the buffered event of a socket with the acknowledgement that its flush is complete. */
    complete(connection: Connection, cursor: string): void {
      const known = buffered.get(connection);
      buffered.delete(connection);
      if (known) connection.send(frames.withEvent(known.head, withAck(known.event, cursor)));
    },
  };
}

function append(event: string, cursor: string): string {
  return `${event},"userdo":{"flushed":${JSON.stringify(cursor)}}`;
}
