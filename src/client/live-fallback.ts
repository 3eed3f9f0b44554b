import type { PolledQuery } from "./polled-query.js";

export interface LiveFallbackOptions {
  /** Reads a query over HTTP. */
  readonly read: (query: PolledQuery) => Promise<unknown>;
  /** The time between two rounds, in milliseconds; `false` disables polling for the writes of other clients. */
  readonly interval: number | false;
  /** Serializes a result, to compare it with the previous one. */
  readonly stringify: (data: unknown) => string;
  /** Called at the start of a round. The returned function is called when its results are complete. */
  readonly onRound: () => () => void;
}

/** How long a socket may be unavailable before polling starts, in milliseconds. A reconnection takes less. */
const POLL_AFTER_MS = 3_000;

/** The shortest time between two rounds, in milliseconds. */
const SHORTEST_INTERVAL_MS = 100;

/** The longest time between two rounds while they fail, in milliseconds. */
const LONGEST_INTERVAL_MS = 60_000;

/** Polls the live queries of one owner over HTTP while the socket does not work. */
export function createLiveFallback({ read, interval, stringify, onRound }: LiveFallbackOptions) {
  const queries = new Set<PolledQuery>();
  let isUp = false;
  let isPolling = false;
  /** The newest round. Results of older rounds are ignored. */
  let round: object = {};
  /** The round that is being read. */
  let reading: object | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function setPolling(now: boolean): void {
    if (isPolling === now) return;
    isPolling = now;
    for (const query of queries) query.onPolling(now);
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    timer = isUp || interval === false || queries.size === 0 ? undefined : setTimeout(() => void tick(), delay);
  }

  /** Reads all queries once. Returns whether all of them are current now; `undefined` if the results were not used. */
  async function poll(): Promise<boolean | undefined> {
    const mine = (reading = round = {});
    const isCurrent = (): boolean => round === mine;
    const onComplete = onRound();
    try {
      const { pollLiveQueries } = await import("./poll-live-queries.js");
      const isComplete = await pollLiveQueries({ queries, read, stringify, isCurrent });
      if (isComplete) onComplete();
      return isCurrent() ? isComplete : undefined;
    } catch {
      // The module could not be loaded. The next round loads it again.
      return false;
    } finally {
      if (reading === mine) reading = undefined;
    }
  }

  async function tick(): Promise<void> {
    const delay = Math.max(interval || 0, SHORTEST_INTERVAL_MS);
    if (globalThis.document?.visibilityState === "hidden") return schedule(delay);
    const isComplete = await poll();
    if (isUp) return undefined;
    if (isComplete !== undefined) {
      failures = isComplete ? 0 : failures + 1;
      setPolling(isComplete);
    }
    // A longer interval that the app chose is not shortened.
    return schedule(Math.max(delay, Math.min(delay * 2 ** failures, LONGEST_INTERVAL_MS)));
  }

  return {
    /** Starts to keep a query current. Returns the function that stops it. */
    add(query: PolledQuery): () => void {
      queries.add(query);
      if (!isUp && timer === undefined) schedule(POLL_AFTER_MS);
      if (isPolling) {
        query.onPolling(true);
        void poll();
      }
      return () => {
        queries.delete(query);
        if (queries.size === 0) schedule(0);
      };
    },

    isPolling: (): boolean => isPolling,

    /** Called when the socket delivers results. */
    up(): void {
      isUp = true;
      round = {};
      failures = 0;
      clearTimeout(timer);
      timer = undefined;
      // The socket's own events report the new state.
      isPolling = false;
    },

    /** Called when the socket does not work. With `isForGood`, polling starts at once. */
    down(isForGood = false): void {
      if (!isUp && timer !== undefined && !isForGood) return;
      isUp = false;
      schedule(isForGood ? 0 : POLL_AFTER_MS);
    },

    /**
     * Reads all queries now, if the socket does not work.
     *
     * @param hasWritten whether this client has written since the round in flight started
     */
    pollNow(hasWritten = false): void {
      if (!isUp && (hasWritten || !reading)) void poll();
    },

    /** Whether a query's newest result came over HTTP. The server does not know that result, so it must send the next in full. */
    isPolled: (id: unknown): boolean => [...queries].some(({ op, polled }) => op.id === id && polled !== undefined),
  };
}

export type LiveFallback = ReturnType<typeof createLiveFallback>;
