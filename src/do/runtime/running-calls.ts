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
  // A set, because a map would hash the id of each call, and few clients disconnect early.
  const running = new Set<RunningCall>();
  return {
    /** @returns a function that removes the call */
    add(requestId: string, call: ScopedCall): () => void {
      const entry = { requestId, call };
      running.add(entry);
      return () => void running.delete(entry);
    },

    /** Aborts the signals of a request's calls. Calls that ignore their signal continue. */
    leave(requestId: string): void {
      for (const entry of running) if (entry.requestId === requestId) entry.call.abort();
    },
  };
}
