import type { QueryChanges, OptimisticLayer } from "./optimistic-layers.js";

/** What TanStack Query hands to a query function. */
export interface FetchContext {
  readonly client: object;
  readonly queryKey: readonly unknown[];
  readonly pageParam?: unknown;
  readonly direction?: "forward" | "backward";
}

/** Reads queries over the sockets. */
export interface Bridge {
  /** The result of a query; `undefined` for one that it cannot read. `http` asks for it the ordinary way. */
  fetch(context: FetchContext, http: () => unknown): Promise<unknown> | undefined;
  /** Puts an optimistic change on the page. */
  begin(change: (cache: QueryChanges) => void): OptimisticLayer;
  /** Somebody else is signed in: what is under way is nothing to them. */
  forget(): void;
}

const bridges = new WeakMap<object, Bridge>();

/** The bridge of a query client, if it has one. */
export function bridgeOf(queryClient: object): Bridge | undefined {
  return bridges.get(queryClient);
}

export function setBridge(queryClient: object, bridge: Bridge): void {
  bridges.set(queryClient, bridge);
}
