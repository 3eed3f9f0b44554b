import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { organizationIdOf } from "../organization-id-of.js";

export interface FeedOptions {
  readonly client: TRPCUntypedClient<AnyTRPCRouter>;
  readonly path: string;
  readonly input: unknown;
  /** A result has come that nobody waited for. */
  readonly onData: () => void;
  /** It has ended, with the query's own error or without one. */
  readonly onEnd: (error: unknown) => void;
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
const PATIENCE = 2_000;

/** One query on the server that is kept current: the subscription to its results. */
export function openFeed({ client, path, input, onData, onEnd, onConnection }: FeedOptions) {
  let results = 0;
  let latest: unknown;
  let connected = false;
  let reachable = true;
  const waiting = new Set<Waiting>();

  const connection = (now: boolean): void => {
    if (connected === now) return;
    connected = now;
    onConnection();
  };
  const askInstead = (): void => {
    reachable = false;
    for (const each of waiting) each.instead();
  };

  const subscription = client.subscription("_live", callOf(path, input), {
    onStarted: () => connection(true),
    onConnectionStateChange({ state, error }) {
      if (state !== "pending") connection(false);
      if (state === "pending") reachable = true;
      // Nobody is signed in, or the socket cannot be opened.
      if (state === "idle" || error) askInstead();
    },
    onData(event) {
      latest = (event as { data: unknown }).data;
      results++;
      connection(true);
      if (waiting.size === 0) return onData();
      for (const { resolve } of waiting) resolve(latest);
      waiting.clear();
      return undefined;
    },
    onError(error) {
      const awaited = waiting.size > 0;
      for (const { reject } of waiting) reject(error);
      waiting.clear();
      connection(false);
      onEnd(awaited ? undefined : error);
    },
    onComplete() {
      askInstead();
      connection(false);
      onEnd(undefined);
    },
  });

  return {
    isConnected: (): boolean => connected,
    isAwaited: (): boolean => waiting.size > 0,
    /** How many results have come. */
    results: (): number => results,
    latest: (): unknown => latest,

    /** The first result, over HTTP if the socket does not bring it in time. */
    first(http: () => unknown): Promise<unknown> {
      if (results > 0) return Promise.resolve(latest);
      return new Promise((resolve, reject) => {
        let asked = false;
        const instead = (): void => {
          if (asked || results > 0) return;
          asked = true;
          Promise.resolve()
            .then(http)
            .then(resolve, reject)
            .finally(() => waiting.delete(self));
        };
        const self: Waiting = { resolve, reject, instead };
        waiting.add(self);
        if (reachable) setTimeout(() => waiting.has(self) && instead(), PATIENCE);
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

/** The input of the carrier: an organization's query names it outside as well, which is how its socket is found. */
function callOf(path: string, input: unknown): object {
  const organizationId = organizationIdOf(input);
  return { ...(organizationId !== undefined && { organizationId }), path, input };
}
