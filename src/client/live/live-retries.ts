import type { CachedQuery } from "./query-cache.js";

export interface FailuresOptions {
  readonly query: CachedQuery;
  /** Sends the query again. */
  readonly resend: () => void;
  /** Called when a retry is scheduled or no longer scheduled. */
  readonly onStatus: () => void;
}

/** tRPC's numbers for the statuses 408, 429 and 5xx. */
const RETRYABLE: readonly unknown[] = [-32_008, -32_029, -32_603];

/** The longest pause before a retry, in milliseconds, unless the server asks for a longer one. */
const LONGEST_PAUSE_MS = 30_000;

/** The longest delay of a timer, in milliseconds. A longer one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The members of a tRPC error's shape that show whether the same call can succeed later. */
interface Shape {
  readonly code?: unknown;
  readonly data?: {
    readonly code?: unknown;
    /** How long the server asks the client to wait, in seconds. */
    readonly retryAfter?: number;
  } | null;
}

/**
 * Handles errors that end the subscription of a live query. After a temporary error, for example during a bad deploy, the
 * query is sent again until it succeeds. The module is loaded with the first live query, so it must not import a module of
 * the client's first chunk.
 */
export function createFailures({ query, resend, onStatus }: FailuresOptions) {
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function resendLater(pause: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // TanStack Query is already fetching the query.
      if (query.state.fetchStatus === "fetching") return resendLater(pause);
      timer = undefined;
      resend();
      return onStatus();
    }, pause);
  }

  return {
    /** Whether a retry is scheduled. */
    isWaiting: (): boolean => timer !== undefined,

    /** @param wasAwaited whether a fetch has already received the error */
    add(error: unknown, wasAwaited: boolean): void {
      const shape = (error as { readonly shape?: Shape } | undefined)?.shape;
      const canPass = RETRYABLE.includes(shape?.code);
      if (canPass) {
        const longest = Math.min(1_000 * 2 ** count++, LONGEST_PAUSE_MS);
        const asked = (Number(shape?.data?.retryAfter) || 0) * 1_000;
        // The jitter prevents the pages of many users from retrying at the same moment.
        const pause = Math.max(longest / 2 + (Math.random() * longest) / 2, asked);
        resendLater(Math.min(pause, LONGEST_TIMER_MS));
      }
      // The last data stays while the server is unavailable. An internal error of the query is shown meanwhile.
      const isHidden = canPass && shape?.data?.code !== "INTERNAL_SERVER_ERROR";
      if (error !== undefined && !wasAwaited && !isHidden) show(query, error);
      onStatus();
    },

    /** Cancels the retry, because the query is sent for another reason. */
    cancel(): void {
      clearTimeout(timer);
      timer = undefined;
    },

    /** Called when the query has succeeded. */
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
