import type { CachedQuery } from "./query-cache.js";

export interface FailuresOptions {
  readonly query: CachedQuery;
  /** Asks for the query again. */
  readonly ask: () => void;
  /** Whether the query is about to be asked for again has changed. */
  readonly onStatus: () => void;
}

/** tRPC's numbers for the statuses 408, 429 and 5xx. */
const RETRYABLE: readonly unknown[] = [-32_008, -32_029, -32_603];

/** The longest pause between two tries, in milliseconds, unless the server asks for more. */
const LONGEST_PAUSE_MS = 30_000;

/** The longest delay of a timer, in milliseconds. A longer one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** As much of a tRPC error's shape as says whether the same call can succeed later. */
interface Shape {
  readonly code?: unknown;
  readonly data?: {
    readonly code?: unknown;
    /** How long the server asks to wait, in seconds. */
    readonly retryAfter?: number;
  } | null;
}

/**
 * Handles errors that end the subscription of a live query. If the error can pass, such as during a bad deploy, the query is sent
 * again until it succeeds. The module is loaded with the first live query, so it must not import what the client loads first.
 */
export function createFailures({ query, ask, onStatus }: FailuresOptions) {
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function askLater(pause: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // TanStack Query is about to ask again itself.
      if (query.state.fetchStatus === "fetching") return askLater(pause);
      timer = undefined;
      ask();
      return onStatus();
    }, pause);
  }

  return {
    /** Whether the query will be asked for again. */
    isWaiting: (): boolean => timer !== undefined,

    /** @param wasAwaited whether a fetch has the error already */
    add(error: unknown, wasAwaited: boolean): void {
      const shape = (error as { readonly shape?: Shape } | undefined)?.shape;
      const canPass = RETRYABLE.includes(shape?.code);
      if (canPass) {
        const longest = Math.min(1_000 * 2 ** count++, LONGEST_PAUSE_MS);
        const asked = (Number(shape?.data?.retryAfter) || 0) * 1_000;
        // The jitter keeps the pages of many users from coming back in the same moment.
        const pause = Math.max(longest / 2 + (Math.random() * longest) / 2, asked);
        askLater(Math.min(pause, LONGEST_TIMER_MS));
      }
      // The last data stays while the server is not there. A fault of the query itself is shown meanwhile.
      const isHidden = canPass && shape?.data?.code !== "INTERNAL_SERVER_ERROR";
      if (error !== undefined && !wasAwaited && !isHidden) show(query, error);
      onStatus();
    },

    /** The query was asked for otherwise. */
    cancel(): void {
      clearTimeout(timer);
      timer = undefined;
    },

    /** The query has succeeded. */
    reset(): void {
      count = 0;
    },
  };
}

export type Failures = ReturnType<typeof createFailures>;

function show(query: CachedQuery, error: unknown): void {
  const { errorUpdateCount } = query.state;
  query.setState({
    error,
    errorUpdateCount: errorUpdateCount + 1,
    errorUpdatedAt: Date.now(),
    fetchFailureReason: error,
    status: "error",
    // A component that mounts sends the query again.
    isInvalidated: true,
  });
}
