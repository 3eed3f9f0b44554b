/** The size of one or several frames. */
interface Load {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Handles the frames of each socket in order. The queue is bounded, because a client can keep sending while a call runs and all
 * waiting frames are in the object's memory.
 */
export function createMessageQueue(max: Load) {
  const last = new WeakMap<WebSocket, Promise<void>>();
  const waiting = new WeakMap<WebSocket, Load>();

  function count(socket: WebSocket, { messages, bytes }: Load): void {
    const before = waiting.get(socket) ?? { messages: 0, bytes: 0 };
    waiting.set(socket, { messages: before.messages + messages, bytes: before.bytes + bytes });
  }

  return {
    /** Returns whether the queue has room for a frame. An empty queue accepts any frame. */
    hasRoom(socket: WebSocket, { messages, bytes }: Load): boolean {
      const before = waiting.get(socket);
      if (!before || before.messages === 0) return true;
      return before.messages + messages <= max.messages && before.bytes + bytes <= max.bytes;
    },

    /** Resolves when all frames that a socket has received so far are handled; returns `undefined` if none waits. */
    whenIdle: (socket: WebSocket): Promise<void> | undefined =>
      (waiting.get(socket)?.messages ?? 0) > 0 ? last.get(socket)?.catch(() => {}) : undefined,

    /** Runs the work of a frame in its turn. The work can ask `isLast` whether no other frame follows. */
    async run(socket: WebSocket, load: Load, work: (isLast: () => boolean) => Promise<void>): Promise<void> {
      count(socket, load);
      const turn: Promise<void> = (last.get(socket) ?? Promise.resolve())
        // An error while one frame is handled must not prevent the next one from being handled.
        .catch(() => {})
        .then(() => work(() => last.get(socket) === turn))
        .finally(() => count(socket, { messages: -load.messages, bytes: -load.bytes }));
      last.set(socket, turn);
      await turn;
    },
  };
}
