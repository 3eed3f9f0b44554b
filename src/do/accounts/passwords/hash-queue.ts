import { ReasonedError } from "../../../router/reasoned-error.js";

/** Runs one expensive piece of work of an object at a time. */
export interface HashQueue {
  /** @throws TRPCError TOO_MANY_REQUESTS when too many wait already */
  run<TResult>(work: () => Promise<TResult>): Promise<TResult>;
}

/**
 * A queue for password hashes. One takes a fifth of a second in which nothing else of the isolate runs, so a flood of
 * them must not pile up: so many wait, and the rest are refused before they cost anything.
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

/** Lets what has arrived meanwhile be counted: a hash blocks the isolate, and they would all seem to come one by one. */
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
