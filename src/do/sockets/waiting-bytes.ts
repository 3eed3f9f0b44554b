import { memberKey } from "../scheduling/member-key.js";
import type { Connection } from "../connections/connection.js";
import type { MemoryBudget, MemoryShare } from "../connections/memory-budget.js";

/** What a frame takes beside its text while it waits, in bytes. */
const FRAME_BYTES = 256;

/**
 * Counts the frames of each socket that wait to be answered. They count until they are answered, also when their client has
 * closed the socket meanwhile: a client that opens another one must not get another share of the memory with it.
 */
export function createWaitingBytes(budget: MemoryBudget) {
  const shares = new Map<Connection, MemoryShare>();

  function shareOf(connection: Connection): MemoryShare {
    const share = shares.get(connection) ?? budget.open(memberKey(connection.caller), () => {});
    shares.set(connection, share);
    return share;
  }

  return {
    /** Takes memory for a frame if there is room for it. */
    reserve: (connection: Connection, bytes: number): boolean =>
      shareOf(connection).reserve("queued", bytes + FRAME_BYTES),

    release: (connection: Connection, bytes: number): void =>
      shares.get(connection)?.release("queued", bytes + FRAME_BYTES),

    /** Returns the memory of a socket that is gone. */
    close(connection: Connection): void {
      shares.get(connection)?.close();
      shares.delete(connection);
    },
  };
}
