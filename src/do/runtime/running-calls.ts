import type { ScopedCall } from "../sockets/stream-scope.js";

/**
 * Registers the running calls over HTTP by the id of their request. The Worker notifies the object when a client disconnects,
 * because the platform does not.
 */
export function createRunningCalls() {
  const running = new Map<string, ScopedCall[]>();
  return {
    /** @returns a function that removes the call */
    add(requestId: string, call: ScopedCall): () => void {
      const others = running.get(requestId);
      if (others) others.push(call);
      else running.set(requestId, [call]);
      return () => {
        const calls = running.get(requestId);
        const index = calls?.indexOf(call) ?? -1;
        if (index >= 0) calls?.splice(index, 1);
        if (calls?.length === 0) running.delete(requestId);
      };
    },

    /** Aborts the signals of a request's calls. Calls that ignore their signal continue. */
    leave(requestId: string): void {
      for (const call of running.get(requestId) ?? []) call.abort();
    },
  };
}
