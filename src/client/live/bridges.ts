import type { LiveQueryStatus, LiveStatus } from "./live-status.js";
import type { QueryChanges, OptimisticLayer } from "./optimistic-layers.js";

/** What TanStack Query hands to a query function. */
export interface FetchContext {
  readonly client: object;
  readonly queryKey: readonly unknown[];
  readonly pageParam?: unknown;
  readonly direction?: "forward" | "backward";
}

/** Between a cache and the sockets of a client. */
export interface Bridge {
  /** The client that it reads queries with. */
  readonly client: object;
  /** The result of a query; `undefined` for one that it cannot read. `http` asks for it the ordinary way. */
  fetch(context: FetchContext, http: () => unknown): Promise<unknown> | undefined;
  /** Puts an optimistic change on the page. */
  begin(change: (cache: QueryChanges) => void): OptimisticLayer;
  /** Somebody else is signed in: what is under way is nothing to them. */
  forget(): void;
  /** Whether the queries are current. */
  status(): LiveStatus;
  /** Calls whenever the status has changed. Returns the function that stops it. */
  listen(listener: () => void): () => void;
  /** Begins to follow the cache. Each user of the bridge calls it once. */
  connect(): void;
  /** Stops with its last user, unless there is another at once: React's strict mode does so with each effect. */
  disconnect(): void;
}

const bridges = new WeakMap<object, Bridge>();

/** The bridge of a query client, if it has one. */
export function bridgeOf(queryClient: object): Bridge | undefined {
  return bridges.get(queryClient);
}

export function setBridge(queryClient: object, bridge: Bridge): void {
  bridges.set(queryClient, bridge);
}

/** The status of each query that is live. The data of a query is current while it is `live`. */
export const liveStatuses = new WeakMap<object, () => LiveQueryStatus>();
