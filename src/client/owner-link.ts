import type { OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { observable, Unsubscribable } from "@trpc/server/observable";
import type { LiveFallback } from "./live-fallback.js";
import { NO_WEBSOCKET } from "./open-connection.js";
import type { ON_STARTED_AT as STARTED_MARK, OnPosition } from "./operation-context.js";
import type { PolledEvent, PolledQuery, PollingState } from "./polled-query.js";
import type { WATCHED as MARK } from "./watch-query.js";

type Link = OperationLink<AnyTRPCRouter>;
type SocketError = TRPCClientError<AnyTRPCRouter>;

export interface OwnerLinkOptions {
  readonly observable: typeof observable;
  readonly TRPCClientError: new (message: string) => SocketError;
  /** tRPC's link over the socket; `undefined` in a runtime without WebSocket. */
  readonly socketLink: Link | undefined;
  readonly fallback: LiveFallback;
  /** Called for each subscription that starts. Returns the function to call when it ends. */
  readonly onStart: () => () => void;
  /** Replaces an error of tRPC's client by its cause, if that is known. */
  readonly explained: (error: SocketError) => SocketError;
}

interface Polled extends PolledEvent {
  readonly id: string;
  readonly data: unknown;
}

/** The message with which tRPC's client ends a subscription if the socket is closed before it is sent. */
const NOT_SENT = "Active connection is not open";

/** The time before such a subscription is started again, in milliseconds. */
const RESTART_AFTER_MS = 250;

/** Marks a subscription of `watchQuery`. An import of the value would split the chunk that a page loads first. */
const WATCHED: typeof MARK = "userdo.watched";
const ON_STARTED_AT: typeof STARTED_MARK = "userdo.onStartedAt";

/** The statuses of temporary errors: timeouts, limits, and a server or object that is overloaded or restarts. */
const TEMPORARY_STATUSES: readonly unknown[] = [408, 429, 502, 503, 504];

/** Bounds of the time before a watched query is sent again, in milliseconds. It doubles with each failure. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** The longest delay of a timer, in milliseconds. A longer one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The members of error data that show whether the same query can succeed later. */
interface ErrorData {
  readonly httpStatus?: unknown;
  /** How long the server asks the client to wait, in seconds. */
  readonly retryAfter?: unknown;
}

/** How long to wait before a query is sent again, in milliseconds; `undefined` for an error that is not temporary. */
function pauseAfter(failures: number, error: SocketError): number | undefined {
  const { httpStatus, retryAfter } = (error.data ?? {}) as ErrorData;
  if (!TEMPORARY_STATUSES.includes(httpStatus)) return undefined;
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  // The jitter prevents the pages of many users from retrying at the same moment.
  const pause = longest / 2 + (Math.random() * longest) / 2;
  return Math.min(Math.max(pause, (Number(retryAfter) || 0) * 1_000), LONGEST_TIMER_MS);
}

/** Creates the link for subscriptions to one owner. Live queries are polled while the socket does not work. */
export function createOwnerLink(options: OwnerLinkOptions): Link {
  const { observable, TRPCClientError, socketLink, fallback, onStart, explained } = options;

  return (chain) =>
    observable((observer) => {
      const { op } = chain;
      const { context } = op;
      const isLive = op.path === "_live";
      let running: Unsubscribable | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let failures = 0;

      const query: PolledQuery = {
        op,
        onResult: (data) =>
          observer.next({ result: { type: "data", data: { id: "", data, polled: true } satisfies Polled }, context }),
        onError: observer.error,
        onPolling(polling) {
          const error = explained(new TRPCClientError("The socket could not be opened."));
          const state = { type: "state", state: "connecting", error, polling } as const;
          observer.next({ result: state satisfies PollingState, context });
        },
      };

      const start = (link: Link): void => {
        running = link(chain).subscribe({
          next(value) {
            const { result } = value;
            if (result.type === "data" || result.type === undefined) {
              query.polled = undefined;
              failures = 0;
            }
            const startedAt = result.type === "started" && (result as { readonly id?: string }).id;
            if (startedAt) (context[ON_STARTED_AT] as OnPosition | undefined)?.(startedAt);
            if (result.type !== "state" || result.state !== "connecting") return observer.next(value);
            const state: typeof result & PollingState = { ...result, polling: fallback.isPolling() };
            if (state.error) state.error = explained(state.error);
            return observer.next({ ...value, result: state });
          },
          error(error) {
            if (error.message === NOT_SENT) {
              timer = setTimeout(start, RESTART_AFTER_MS, link);
              return;
            }
            // TanStack Query's live queries are sent again with their cache, by `live/failures.ts`.
            const pause = context[WATCHED] ? pauseAfter(failures++, error) : undefined;
            if (pause === undefined) return observer.error(error);
            const state = { type: "state", state: "connecting", error, polling: fallback.isPolling() } as const;
            observer.next({ result: state satisfies PollingState, context });
            timer = setTimeout(start, pause, link);
          },
          complete: observer.complete,
        });
      };

      if (!socketLink && !isLive) {
        observer.error(new TRPCClientError(NO_WEBSOCKET));
        return undefined;
      }
      const ends = [...(isLive ? [fallback.add(query)] : []), onStart()];
      if (socketLink) start(socketLink);
      return () => {
        clearTimeout(timer);
        running?.unsubscribe();
        for (const end of ends) end();
      };
    });
}
