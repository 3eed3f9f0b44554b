import { ReasonedError } from "../../../router/reasoned-error.js";

/** Runs the password hashes of an object one at a time. */
export interface HashQueue {
  /** @throws TRPCError TOO_MANY_REQUESTS (OBJECT_OVERLOADED) when too many are waiting */
  run<TResult>(work: () => Promise<TResult>): Promise<TResult>;
}

/**
 * Creates a queue for password hashes. A hash blocks the isolate for about 200 ms, so the queue is limited. Further calls
 * are refused before they cost anything.
 *
 * @param maxWaiting how many calls can wait
 */
export function createHashQueue(maxWaiting: number): HashQueue {
  let queued = 0;
  let last: Promise<unknown> = Promise.resolve();

  return {
    async run(work) {
      if (queued > maxWaiting) throw busy();
      queued++;
      const turn = last.then(nextEvent).then(work);
      last = turn.catch(() => {});
      try {
        return await turn;
      } finally {
        queued--;
      }
    },
  };
}

/** Waits for a macrotask, so that calls that arrived during the last hash join the queue and are counted. */
function nextEvent(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function busy(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "OBJECT_OVERLOADED",
    message: "Too many passwords for this account are being checked at once. Try again in a few seconds.",
  });
}
