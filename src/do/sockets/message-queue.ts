import type { MemoryShare } from "../connections/memory-budget.js";

/** The size of one or several frames. */
export interface Load {
  readonly messages: number;
  readonly bytes: number;
}

/** Overhead of a waiting frame beside its text, in bytes. */
const FRAME_BYTES = 256;

/**
 * The frames of one socket, which are handled in order. The queue is bounded, because a client can keep sending while a call runs
 * and all waiting frames are in the object's memory. They count until they are handled, even if the client closes the socket in
 * the meantime. Otherwise a client could get more memory by reconnecting.
 */
export class MessageQueue {
  readonly #max: Load;
  readonly #memory: MemoryShare;
  #frames = 0;
  #messages = 0;
  #bytes = 0;
  #last: Promise<void> | undefined;

  constructor(max: Load, memory: MemoryShare) {
    this.#max = max;
    this.#memory = memory;
  }

  /**
   * Reserves room and memory for a frame until `release`. Returns what is missing: `room` if the socket has too many waiting
   * messages, `memory` if the object has none left. An empty queue has room for any frame.
   */
  reserve({ messages, bytes }: Load): "room" | "memory" | undefined {
    const isFull = this.#messages + messages > this.#max.messages || this.#bytes + bytes > this.#max.bytes;
    if (isFull && this.#messages > 0) return "room";
    if (!this.#memory.reserve("queued", bytes + FRAME_BYTES)) return "memory";
    this.#frames++;
    this.#messages += messages;
    this.#bytes += bytes;
    return undefined;
  }

  /** Whether no other frame follows the one that is being handled. */
  isLast(): boolean {
    return this.#frames === 1;
  }

  /**
   * Resolves when the frames before one whose room was just reserved are handled, or rejects with the error of the last of them.
   * Returns `undefined` if there are none.
   */
  before(): Promise<void> | undefined {
    return this.#frames > 1 ? this.#last : undefined;
  }

  /** Adds the promise of a frame that waits for those before it and calls `release` at its end. Returns the promise. */
  append(handled: Promise<void>): Promise<void> {
    this.#last = handled;
    return handled;
  }

  /** Releases the room of a frame that was handled. */
  release({ messages, bytes }: Load): void {
    this.#frames--;
    this.#messages -= messages;
    this.#bytes -= bytes;
    this.#memory.release("queued", bytes + FRAME_BYTES);
  }

  /** Releases the memory of a closed socket, once its frames are handled. Returns `undefined` if none waits. */
  close(): Promise<void> | undefined {
    const handled = this.#frames > 0 ? this.#last?.catch(() => {}) : undefined;
    if (!handled) this.#memory.close();
    return handled?.finally(() => this.#memory.close());
  }
}
