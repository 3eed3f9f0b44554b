/** What a frame adds to what waits. */
interface Load {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * The frames of each socket, answered one after the other. What waits is bounded: a client may send on while a call
 * takes its time, or while it is being waited for, and all of it is in the object's memory.
 */
export function createMessageQueue(most: Load) {
  const last = new WeakMap<WebSocket, Promise<void>>();
  const waiting = new WeakMap<WebSocket, Load>();

  function count(socket: WebSocket, { messages, bytes }: Load): void {
    const before = waiting.get(socket) ?? { messages: 0, bytes: 0 };
    waiting.set(socket, { messages: before.messages + messages, bytes: before.bytes + bytes });
  }

  return {
    /** Whether there is room behind what waits. A frame that nothing is before always has room. */
    hasRoom(socket: WebSocket, { messages, bytes }: Load): boolean {
      const before = waiting.get(socket);
      if (!before || before.messages === 0) return true;
      return before.messages + messages <= most.messages && before.bytes + bytes <= most.bytes;
    },

    /** Resolves when all frames of a socket that came so far are answered; `undefined` if none waits. */
    whenIdle: (socket: WebSocket): Promise<void> | undefined =>
      (waiting.get(socket)?.messages ?? 0) > 0 ? last.get(socket)?.catch(() => {}) : undefined,

    /** Does a frame's work when its turn comes. The work is told whether it was the last, once it is done. */
    async run(socket: WebSocket, load: Load, work: (isLast: () => boolean) => Promise<void>): Promise<void> {
      count(socket, load);
      const turn: Promise<void> = (last.get(socket) ?? Promise.resolve())
        // What went wrong with a frame is no reason to leave the next unanswered.
        .catch(() => {})
        .then(() => work(() => last.get(socket) === turn))
        .finally(() => count(socket, { messages: -load.messages, bytes: -load.bytes }));
      last.set(socket, turn);
      await turn;
    },
  };
}
