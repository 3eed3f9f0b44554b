import type { Cursor } from "../../shared/cursor.js";
import type { Connection } from "../connections/connection.js";
import type { Subscription } from "../connections/subscription.js";
import type { LiveRun } from "./live-run.js";

export interface ProgressOptions {
  readonly subscriptionsOf: (connection: Connection) => Iterable<Subscription>;
  readonly runOf: (subscription: Subscription) => LiveRun | undefined;
  /** Whether a committed write is not yet part of a run's result. */
  readonly isPending: (run: LiveRun) => boolean;
}

/** Computes the position in the change log up to which the results of a socket are current. */
export function createProgress({ subscriptionsOf, runOf, isPending }: ProgressOptions) {
  /** For each run that waits, the position before the first write that is not yet part of its result. */
  const waitingFrom = new Map<LiveRun, Cursor>();
  /** The same for each run that has started. */
  const runningFrom = new Map<LiveRun, Cursor>();
  /** A pending subscription of each socket. It is checked first, because it usually is still pending. */
  const lastPending = new WeakMap<Connection, Subscription>();

  function pendingRun(subscription: Subscription): LiveRun | undefined {
    const run = runOf(subscription);
    return run && isPending(run) ? run : undefined;
  }

  return {
    /** Records that a write after `from` concerns a run. */
    markPending(run: LiveRun, from: Cursor): void {
      if (!waitingFrom.has(run)) waitingFrom.set(run, from);
    },

    begin(run: LiveRun): void {
      const from = waitingFrom.get(run);
      waitingFrom.delete(run);
      if (from) runningFrom.set(run, from);
    },

    end: (run: LiveRun): void => void runningFrom.delete(run),

    remove(run: LiveRun): void {
      waitingFrom.delete(run);
      runningFrom.delete(run);
    },

    /** Whether a committed write is not yet part of the results of a socket. */
    isBehind(connection: Connection): boolean {
      const first = lastPending.get(connection);
      if (first && pendingRun(first)) return true;
      let last: Subscription | undefined;
      // The last one usually stays pending for the longest time.
      for (const subscription of subscriptionsOf(connection)) if (pendingRun(subscription)) last = subscription;
      if (last) lastPending.set(connection, last);
      return last !== undefined;
    },

    /** The position up to which all queries of a socket are current. */
    positionOf(connection: Connection, head: Cursor): Cursor {
      let position = head;
      for (const subscription of subscriptionsOf(connection)) {
        const run = pendingRun(subscription);
        const from = run && (runningFrom.get(run) ?? waitingFrom.get(run));
        if (from && from.seq < position.seq) position = from;
      }
      return position;
    },
  };
}
