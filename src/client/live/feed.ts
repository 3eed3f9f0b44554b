import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { liveInputOf } from "../../shared/live-input.js";
import { positionOf } from "../log-position.js";
import type { PolledEvent, PollingState } from "../polled-query.js";
import type { FeedStatus } from "./live-status.js";

export interface FeedOptions {
  readonly client: TRPCUntypedClient<AnyTRPCRouter>;
  readonly path: string;
  readonly input: unknown;
  /** Called for each result that no fetch waited for. */
  readonly onData: () => void;
  /** Called when the feed has ended. `wasAwaited` is whether a fetch has received the error. */
  readonly onEnd: (error: unknown, wasAwaited: boolean) => void;
  /** Called when the status of the connection changes. */
  readonly onConnection: () => void;
}

interface Waiting {
  resolve(data: unknown): void;
  reject(error: unknown): void;
  /** Reads the query over HTTP instead. */
  fallBack(): void;
}

/** How long the first result may take before the query is also read over HTTP, in milliseconds. */
const SOCKET_TIMEOUT_MS = 2_000;

/** Subscribes to the results of one live query. */
export function openFeed({ client, path, input, onData, onEnd, onConnection }: FeedOptions) {
  let results = 0;
  let latest: unknown;
  /** The log position of `latest`. */
  let latestPosition = 0;
  /** Results older than this log position are ignored, because the page shows a newer one. */
  let minPosition = 0;
  let status: FeedStatus = "connecting";
  /** Whether the client checks that the connection still works. */
  let isChecked = false;
  let isReachable = true;
  const waiting = new Set<Waiting>();

  const setStatus = (now: FeedStatus): void => {
    if (status === now) return;
    status = now;
    onConnection();
  };
  const fetchAllOverHttp = (): void => {
    isReachable = false;
    for (const each of waiting) each.fallBack();
  };

  const subscription = client.subscription("_live", liveInputOf(path, input), {
    onStarted() {
      // All results from now on are newer than the reconnection.
      minPosition = 0;
      setStatus("live");
    },
    onConnectionStateChange(change) {
      const { state, error, polling } = change as typeof change & PollingState;
      const isOpen = state === "pending";
      if (isOpen && isChecked) setStatus("live");
      isChecked = !isOpen && !error && (isChecked || status === "live");
      if (isOpen) isReachable = true;
      else setStatus(polling ? "polling" : "connecting");
      // Nobody is signed in, or the socket cannot be opened.
      if (state === "idle" || error) fetchAllOverHttp();
    },
    onData(event) {
      const { id, data, polled } = event as { id: string; data: unknown } & PolledEvent;
      if (!polled) setStatus("live");
      // An event without an id counts as the newest.
      const eventPosition = positionOf(id, Infinity);
      if (eventPosition < minPosition) return undefined;
      latestPosition = eventPosition;
      latest = data;
      results++;
      if (waiting.size === 0) return onData();
      for (const { resolve } of waiting) resolve(latest);
      waiting.clear();
      return undefined;
    },
    onError(error) {
      const wasAwaited = waiting.size > 0;
      for (const { reject } of waiting) reject(error);
      waiting.clear();
      setStatus("connecting");
      onEnd(error, wasAwaited);
    },
    onComplete() {
      fetchAllOverHttp();
      setStatus("connecting");
      onEnd(undefined, false);
    },
  });

  const isCurrent = (): boolean => results > 0 && latestPosition >= minPosition;

  return {
    status: (): FeedStatus => status,
    isAwaited: (): boolean => waiting.size > 0,
    /** The number of results so far. */
    results: (): number => results,
    latest: (): unknown => latest,

    /** Ignores results older than this log position from now on, because the page shows a newer one. */
    expect(from: number): void {
      minPosition = from;
    },

    /** Returns the current result. Reads it over HTTP if the socket is late, or has delivered an older one. */
    current(http: () => unknown): Promise<unknown> {
      if (isCurrent()) return Promise.resolve(latest);
      return new Promise((resolve, reject) => {
        let isFetching = false;
        const fallBack = (): void => {
          if (isFetching || isCurrent()) return;
          isFetching = true;
          Promise.resolve()
            .then(http)
            .then(resolve, reject)
            .finally(() => waiting.delete(self));
        };
        const self: Waiting = { resolve, reject, fallBack };
        waiting.add(self);
        if (isReachable && results === 0) setTimeout(() => waiting.has(self) && fallBack(), SOCKET_TIMEOUT_MS);
        else fallBack();
      });
    },

    close(): void {
      fetchAllOverHttp();
      subscription.unsubscribe();
    },
  };
}

export type Feed = ReturnType<typeof openFeed>;
