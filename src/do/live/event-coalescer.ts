import type { Connection } from "../connections/connection.js";
import type { FrameHead, Frames } from "../connections/frames.js";

interface BufferedEvent {
  readonly head: FrameHead;
  readonly event: string;
}

/** Longest event, in characters, that is kept to be sent to others who share it. It stays in memory until the next one. */
const MOST_KEPT = 262_144;

/**
 * The newest event of each socket, until it is known whether it is the last of its flush: then the word that the flush
 * is complete goes along with it. A frame of its own would cost as much as the event. Nothing is held for longer than
 * it takes to find out, which is within one turn.
 */
export function createEventCoalescer(frames: Frames) {
  const buffered = new Map<Connection, BufferedEvent>();
  // The same for all who share a result: made once.
  let last = { event: "", cursor: "", together: "" };

  function together(event: string, cursor: string): string {
    if (event.length > MOST_KEPT) return append(event, cursor);
    if (last.event !== event || last.cursor !== cursor) {
      last = { event, cursor, together: append(event, cursor) };
    }
    return last.together;
  }

  function release(connection: Connection): void {
    const known = buffered.get(connection);
    buffered.delete(connection);
    if (known) connection.send(frames.withEvent(known.head, known.event));
  }

  return {
    /**
     * Holds an event, and sends the one that was held before.
     *
     * @param bytes about how large the event is. To measure a long text that was just put together would copy it
     */
    buffer(connection: Connection, head: FrameHead, event: string, bytes: number): void {
      release(connection);
      connection.hold(bytes);
      buffered.set(connection, { head, event });
    },

    has: (connection: Connection): boolean => buffered.has(connection),

    /** Sends what is held for a socket: something else follows. */
    release,

    connections: (): readonly Connection[] => [...buffered.keys()],

    /** Sends what is held for a socket, with the word that its flush is complete. */
    complete(connection: Connection, cursor: string): void {
      const known = buffered.get(connection);
      buffered.delete(connection);
      if (known) connection.send(frames.withEvent(known.head, together(known.event, cursor)));
    },
  };
}

function append(event: string, cursor: string): string {
  return `${event},"userdo":{"flushed":${JSON.stringify(cursor)}}`;
}
