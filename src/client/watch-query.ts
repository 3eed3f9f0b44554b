import type { Operation, TRPCClientError, TRPCPromise } from "@trpc/client";
import type { TRPCDefaultErrorShape } from "@trpc/server";
import { liveInputOf } from "../shared/live-input.js";
import type { PollingState } from "./polled-query.js";

/** Marks a subscription to a query's own path: the link makes it one to the carrier of live queries. */
export const WATCHED = "userdo.watched";

/** What is told of a query that is watched. */
export interface WatchQueryOptions<TOutput, TErrorShape = TRPCDefaultErrorShape> {
  /** Its result, at once and whenever it has changed. */
  readonly onData: (data: TOutput) => void;
  /**
   * The query's own error, such as that the caller may no longer ask it. It ends the watch. Errors that can pass do not end
   * it: TIMEOUT, TOO_MANY_REQUESTS, BAD_GATEWAY, SERVICE_UNAVAILABLE and GATEWAY_TIMEOUT. The query is sent again instead.
   * @default the error is ignored
   */
  readonly onError?: (error: TRPCClientError<{ errorShape: TErrorShape; transformer: boolean }>) => void;
  /**
   * Whether the last result is current: `live`; `connecting` while the connection is lost, or after an error that can pass; `polling` while the socket does
   * not work and the query is read over HTTP every few seconds.
   * @default not called
   */
  readonly onStatus?: (status: "connecting" | "live" | "polling") => void;
}

/** A query's procedure on a client. */
export interface WatchedProcedure<TInput, TOutput, TErrorShape = TRPCDefaultErrorShape> {
  query(input: TInput): TRPCPromise<TOutput, TErrorShape>;
}

interface Subscribable {
  subscribe(input: unknown, options: object): { unsubscribe(): void };
}

/**
 * Keeps a query current: `watchQuery(trpc.posts.list, undefined, { onData })`, on a client made by `createClient`.
 * A connection that is lost comes back by itself, and what has changed meanwhile is told then.
 *
 * @returns what ends it
 */
export function watchQuery<TInput, TOutput, TErrorShape>(
  procedure: WatchedProcedure<TInput, TOutput, TErrorShape>,
  input: NoInfer<TInput>,
  { onData, onError, onStatus }: WatchQueryOptions<TOutput, TErrorShape>,
): () => void {
  // A client's proxy subscribes to any path; the types offer it for subscriptions only.
  const subscribable = procedure as unknown as Subscribable;
  let last: string | undefined;
  let isChecked = false;
  const tell = (status: "connecting" | "live" | "polling"): void => {
    if (status === last) return;
    last = status;
    onStatus?.(status);
  };
  const { unsubscribe } = subscribable.subscribe(input, {
    context: { [WATCHED]: true },
    onData: ({ data }: { data: TOutput }) => onData(data),
    onError,
    onStarted: () => tell("live"),
    onConnectionStateChange({ state, error, polling }: { state: string; error: unknown } & PollingState) {
      const isOpen = state === "pending";
      // The client checked that the connection still works.
      if (isOpen && isChecked) tell("live");
      isChecked = !isOpen && !error && (isChecked || last === "live");
      if (!isOpen) tell(polling ? "polling" : "connecting");
    },
  });
  return unsubscribe;
}

/** The operation that a link has to carry: of a query that is watched, that of the carrier. */
export function watchedOperation(op: Operation): Operation {
  if (!op.context[WATCHED]) return op;
  return { ...op, path: "_live", input: liveInputOf(op.path, op.input) };
}
