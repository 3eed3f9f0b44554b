import type { LiveQueryStatus, LiveStatus } from "./live-status.js";
import type { QueryChanges, OptimisticLayer } from "./optimistic-layers.js";

/** The context that TanStack Query passes to a query function. */
export interface FetchContext {
  readonly client: object;
  readonly queryKey: readonly unknown[];
  readonly pageParam?: unknown;
  readonly direction?: "forward" | "backward";
}

/** Connects a query cache to the sockets of a client. */
export interface Bridge {
  /** The client that sends the queries. */
  readonly client: object;
  /** Reads a query; returns `undefined` if it is not a tRPC query. `http` reads it over HTTP. */
  fetch(context: FetchContext, http: () => unknown): Promise<unknown> | undefined;
  /** Shows an optimistic change. */
  begin(change: (cache: QueryChanges) => void): OptimisticLayer;
  /** Drops changes in progress, because the signed-in user changed. */
  reset(): void;
  /** Whether the queries are current. */
  status(): LiveStatus;
  /** Calls the listener when the status changes. Returns the function that removes the listener. */
  listen(listener: () => void): () => void;
  /** Starts to follow the cache. Each provider calls it once. */
  connect(): void;
  /** Stops after the last provider, unless another connects at once, as in React's strict mode. */
  disconnect(): void;
}

const bridges = new WeakMap<object, Bridge>();

/** Returns the bridge of a query client; `undefined` if it has none. */
export function bridgeOf(queryClient: object): Bridge | undefined {
  return bridges.get(queryClient);
}

export function setBridge(queryClient: object, bridge: Bridge): void {
  bridges.set(queryClient, bridge);
}

/** The status of each live query. The data of a query is current while its status is `live`. */
export const liveStatuses = new WeakMap<object, () => LiveQueryStatus>();
