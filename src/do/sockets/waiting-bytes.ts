import { memberKey } from "../scheduling/member-key.js";
import type { Connection } from "../connections/connection.js";
import type { MemoryBudget, MemoryShare } from "../connections/memory-budget.js";

/** Overhead of a waiting frame beside its text, in bytes. */
const FRAME_BYTES = 256;

/**
 * Counts the memory of frames that wait to be handled. They count until they are handled, even if the client closes the socket in
 * the meantime. Otherwise a client could get more memory by reconnecting.
 */
export function createWaitingBytes(budget: MemoryBudget) {
  const shares = new Map<Connection, MemoryShare>();

  function shareOf(connection: Connection): MemoryShare {
    const share = shares.get(connection) ?? budget.open(memberKey(connection.caller), () => {});
    shares.set(connection, share);
    return share;
  }

  return {
    /** Reserves memory for a frame. Returns false if there is not enough. */
    reserve: (connection: Connection, bytes: number): boolean =>
      shareOf(connection).reserve("queued", bytes + FRAME_BYTES),

    release: (connection: Connection, bytes: number): void =>
      shares.get(connection)?.release("queued", bytes + FRAME_BYTES),

    /** Releases the memory of a closed socket. */
    close(connection: Connection): void {
      shares.get(connection)?.close();
      shares.delete(connection);
    },
  };
}
