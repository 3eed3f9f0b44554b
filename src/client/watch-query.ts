import type { Operation, TRPCClientError, TRPCPromise } from "@trpc/client";
import type { TRPCDefaultErrorShape } from "@trpc/server";
import { liveInputOf } from "../shared/live-input.js";
import type { PollingState } from "./polled-query.js";

/** Marks a subscription to a query's path. The link replaces it by a subscription to the carrier of live queries. */
export const WATCHED = "userdo.watched";

/** The callbacks of {@link watchQuery}. */
export interface WatchQueryOptions<TOutput, TErrorShape = TRPCDefaultErrorShape> {
  /** Called with the first result, and with each changed result. */
  readonly onData: (data: TOutput) => void;
  /**
   * Called with an error of the query itself, for example FORBIDDEN, which ends the watch. After a temporary error the query
   * is sent again instead: TIMEOUT, TOO_MANY_REQUESTS, BAD_GATEWAY, SERVICE_UNAVAILABLE and GATEWAY_TIMEOUT.
   * @default the error is ignored
   */
  readonly onError?: (error: TRPCClientError<{ errorShape: TErrorShape; transformer: boolean }>) => void;
  /**
   * Called with whether the last result is current: `live` if it is; `connecting` while the connection is lost, or after a
   * temporary error; `polling` while the socket does not work and the query is read over HTTP every few seconds.
   * @default not called
   */
  readonly onStatus?: (status: "connecting" | "live" | "polling") => void;
}

/** A query procedure of a client. */
export interface WatchedProcedure<TInput, TOutput, TErrorShape = TRPCDefaultErrorShape> {
  query(input: TInput): TRPCPromise<TOutput, TErrorShape>;
}

interface Subscribable {
  subscribe(input: unknown, options: object): { unsubscribe(): void };
}

/**
 * Watches a query of a client that `createClient` created. A lost connection is opened again, and then delivers the changes
 * since.
 *
 * @returns the function that ends the watch
 * @example
 * ```ts
 * const stop = watchQuery(trpc.posts.list, undefined, { onData: (posts) => render(posts) });
 * ```
 */
export function watchQuery<TInput, TOutput, TErrorShape>(
  procedure: WatchedProcedure<TInput, TOutput, TErrorShape>,
  input: NoInfer<TInput>,
  { onData, onError, onStatus }: WatchQueryOptions<TOutput, TErrorShape>,
): () => void {
  // A client's proxy can subscribe to any path, but its types allow it for subscriptions only.
  const subscribable = procedure as unknown as Subscribable;
  let last: string | undefined;
  let isChecked = false;
  const setStatus = (status: "connecting" | "live" | "polling"): void => {
    if (status === last) return;
    last = status;
    onStatus?.(status);
  };
  const { unsubscribe } = subscribable.subscribe(input, {
    context: { [WATCHED]: true },
    onData: ({ data }: { data: TOutput }) => onData(data),
    onError,
    onStarted: () => setStatus("live"),
    onConnectionStateChange({ state, error, polling }: { state: string; error: unknown } & PollingState) {
      const isOpen = state === "pending";
      // The client checked that the connection still works.
      if (isOpen && isChecked) setStatus("live");
      isChecked = !isOpen && !error && (isChecked || last === "live");
      if (!isOpen) setStatus(polling ? "polling" : "connecting");
    },
  });
  return unsubscribe;
}

/** Returns the operation to send: for a watched query, a subscription to the carrier of live queries. */
export function watchedOperation(op: Operation): Operation {
  if (!op.context[WATCHED]) return op;
  return { ...op, path: "_live", input: liveInputOf(op.path, op.input) };
}
