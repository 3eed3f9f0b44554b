import type { ScopedCall } from "../sockets/stream-scope.js";

/**
 * The calls over HTTP that run in this object, by the id of their request. The Worker tells the object when a client leaves: the
 * platform does not.
 */
export function createRunningCalls() {
  const running = new Map<string, Set<ScopedCall>>();
  return {
    /** @returns removes the call again, when it is done */
    add(requestId: string, call: ScopedCall): () => void {
      const calls = running.get(requestId) ?? new Set();
      running.set(requestId, calls.add(call));
      return () => {
        calls.delete(call);
        if (calls.size === 0) running.delete(requestId);
      };
    },

    /** Aborts the signals of a request's calls. Calls that ignore their signal run to their end. */
    leave(requestId: string): void {
      for (const call of running.get(requestId) ?? []) call.abort();
    },
  };
}
