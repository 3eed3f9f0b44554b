import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { parseCursor } from "../../shared/cursor.js";
import { liveInputOf } from "../../shared/live-input.js";
import type { PolledEvent, PollingState } from "../polled-query.js";
import type { FeedStatus } from "./live-status.js";

export interface FeedOptions {
  readonly client: TRPCUntypedClient<AnyTRPCRouter>;
  readonly path: string;
  readonly input: unknown;
  /** A result has come that nobody waited for. */
  readonly onData: () => void;
  /** Called when the feed has ended, with the query's own error or without one. A fetch that waited for the first result got it. */
  readonly onEnd: (error: unknown, wasAwaited: boolean) => void;
  /** The connection was made, or lost. */
  readonly onConnection: () => void;
}

interface Waiting {
  resolve(data: unknown): void;
  reject(error: unknown): void;
  /** Asks over HTTP instead. */
  instead(): void;
}

/** How long the first result may take before it is asked for over HTTP as well, in milliseconds. */
const SOCKET_TIMEOUT_MS = 2_000;

/** One query on the server that is kept current: the subscription to its results. */
export function openFeed({ client, path, input, onData, onEnd, onConnection }: FeedOptions) {
  let results = 0;
  let latest: unknown;
  /** How far the log went when the latest was found, */
  let position = 0;
  /** and how far it went, for all that is known, when what is shown was found. */
  let least = 0;
  let status: FeedStatus = "connecting";
  /** Whether the client checks that the connection still works. */
  let isChecked = false;
  let reachable = true;
  const waiting = new Set<Waiting>();

  const setStatus = (now: FeedStatus): void => {
    if (status === now) return;
    status = now;
    onConnection();
  };
  const askInstead = (): void => {
    reachable = false;
    for (const each of waiting) each.instead();
  };

  const subscription = client.subscription("_live", liveInputOf(path, input), {
    onStarted() {
      // What comes now was found after it came back.
      least = 0;
      setStatus("live");
    },
    onConnectionStateChange(change) {
      const { state, error, polling } = change as typeof change & PollingState;
      const isOpen = state === "pending";
      if (isOpen && isChecked) setStatus("live");
      isChecked = !isOpen && !error && (isChecked || status === "live");
      if (isOpen) reachable = true;
      else setStatus(polling ? "polling" : "connecting");
      // Nobody is signed in, or the socket cannot be opened.
      if (state === "idle" || error) askInstead();
    },
    onData(event) {
      const { id, data, polled } = event as { id: string; data: unknown } & PolledEvent;
      if (!polled) setStatus("live");
      const found = positionOf(id);
      if (found < least) return undefined;
      position = found;
      latest = data;
      results++;
      if (waiting.size === 0) return onData();
      for (const { resolve } of waiting) resolve(latest);
      waiting.clear();
      return undefined;
    },
    onError(error) {
      const awaited = waiting.size > 0;
      for (const { reject } of waiting) reject(error);
      waiting.clear();
      setStatus("connecting");
      onEnd(error, awaited);
    },
    onComplete() {
      askInstead();
      setStatus("connecting");
      onEnd(undefined, false);
    },
  });

  const isCurrent = (): boolean => results > 0 && position >= least;

  return {
    status: (): FeedStatus => status,
    isAwaited: (): boolean => waiting.size > 0,
    /** How many results have come. */
    results: (): number => results,
    latest: (): unknown => latest,

    /** What is older than this position of the log is passed over from now on: something newer is shown. */
    expect(from: number): void {
      least = from;
    },

    /** The result: over HTTP if the socket does not bring the first in time, or has brought an older one. */
    current(http: () => unknown): Promise<unknown> {
      if (isCurrent()) return Promise.resolve(latest);
      return new Promise((resolve, reject) => {
        let asked = false;
        const instead = (): void => {
          if (asked || isCurrent()) return;
          asked = true;
          Promise.resolve()
            .then(http)
            .then(resolve, reject)
            .finally(() => waiting.delete(self));
        };
        const self: Waiting = { resolve, reject, instead };
        waiting.add(self);
        if (reachable && results === 0) setTimeout(() => waiting.has(self) && instead(), SOCKET_TIMEOUT_MS);
        else instead();
      });
    },

    close(): void {
      askInstead();
      subscription.unsubscribe();
    },
  };
}

export type Feed = ReturnType<typeof openFeed>;

/** How far the log went when an event was found; one that does not say so counts as new. */
function positionOf(eventId: string): number {
  return parseCursor(eventId.split(".", 2).join("."))?.seq ?? Infinity;
}
