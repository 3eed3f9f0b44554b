import type { ScopedCall } from "../sockets/stream-scope.js";

interface RunningCall {
  readonly requestId: string;
  readonly call: ScopedCall;
}

/**
 * Registers the running calls over HTTP with the id of their request. The Worker notifies the object when a client disconnects,
 * because the platform does not.
 */
export function createRunningCalls() {
  // Not a map by the id, because each call would pay for its hash, and only a few clients disconnect early.
  const running = new Set<RunningCall>();
  return {
    /** @returns a function that removes the call */
    add(requestId: string, call: ScopedCall): () => void {
      const added = { requestId, call };
      running.add(added);
      return () => void running.delete(added);
    },

    /** Aborts the signals of a request's calls. Calls that ignore their signal continue. */
    leave(requestId: string): void {
      for (const added of running) if (added.requestId === requestId) added.call.abort();
    },
  };
}
