import { getUntypedClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { stateOf } from "../client-state.js";
import { bridgeOf, liveStatuses, setBridge, type Bridge } from "./bridges.js";
import { createLiveQuery, type LiveQuery } from "./live-query.js";
import { isMarkedLive } from "./live.js";
import { liveStatusOf, type LiveStatus } from "./live-status.js";
import { createUpdateBatcher } from "./update-batcher.js";
import { createOptimisticLayers } from "./optimistic-layers.js";
import type { CachedQuery, CacheEvent, LiveNotifyManager, LiveQueryClient } from "./query-cache.js";
import { readQueryKey } from "./read-query-key.js";

/** Watches whether the device has a network. On a platform that does not report it, the network counts as available. */
function watchNetwork(onChange: () => void) {
  return {
    isUp: (): boolean => globalThis.navigator?.onLine !== false,

    /** Starts to watch. Returns the function that stops it. */
    watch(): () => void {
      const stop = new AbortController();
      for (const event of ["online", "offline"]) {
        globalThis.window?.addEventListener?.(event, onChange, { signal: stop.signal });
      }
      return () => stop.abort();
    },
  };
}

export interface LiveBridgeOptions<TRouter extends AnyTRPCRouter> {
  readonly client: TRPCClient<TRouter>;
  readonly queryClient: LiveQueryClient;
  /** The `notifyManager` that the app's adapter of TanStack Query exports. */
  readonly notifyManager: LiveNotifyManager;
}

/** Creates the bridge between a cache and the sockets. All components that use a query share one subscription. */
export function createLiveBridge<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): Bridge {
  const acks = stateOf(options.client)?.acks;
  const { queryClient, notifyManager } = options;
  const client = getUntypedClient(options.client) as ReturnType<typeof getUntypedClient<AnyTRPCRouter>>;
  const cache = queryClient.getQueryCache();
  const queries = new Map<CachedQuery, LiveQuery>();
  const listeners = new Set<() => void>();
  const batch = (run: () => void): void => notifyManager.batch(run);
  const batcher = createUpdateBatcher({ batch, onShow: () => layers.onShow() });
  const layers = createOptimisticLayers({
    queryClient,
    batch,
    pause: () => batcher.pause(),
    isPushed(query) {
      const known = queries.get(query);
      const isDelivered = known?.status() === "live" || acks?.isPolled(known?.owner()) === true;
      return known !== undefined && isDelivered && latePositionOf(query) === undefined;
    },
    refetch(query) {
      const known = queries.get(query);
      const position = latePositionOf(query);
      if (position !== undefined) known?.expect(position);
      if (query.isActive()) query.fetch(undefined, { cancelRefetch: true }).catch(() => {});
      else query.setState({ isInvalidated: true });
    },
  });

  function latePositionOf(query: CachedQuery): number | undefined {
    const known = queries.get(query);
    return known && acks?.latePosition(known.owner());
  }

  let status: LiveStatus = "idle";
  /** The number of connected providers. Several providers may share a cache. */
  let connections = 0;
  let disconnecting: ReturnType<typeof setTimeout> | undefined;
  let stop: (() => void) | undefined;
  const network = watchNetwork(updateStatus);

  function updateStatus(): void {
    const now = liveStatusOf(
      [...queries.values()].map((query) => query.status()),
      network.isUp(),
    );
    if (now === status) return;
    status = now;
    for (const listener of listeners) listener();
  }

  function open(query: CachedQuery): LiveQuery | undefined {
    const known = queries.get(query);
    if (known) return known;
    // The key of a hydrated query contains only JSON. The key of its observer contains the app's own values.
    const { queryKey = query.queryKey } = query.options;
    const call = readQueryKey(queryKey);
    if (!call) return undefined;
    const liveQuery = createLiveQuery({
      query,
      call,
      client,
      ownerOf: (op) => acks?.ownerOf(op),
      batcher,
      onStatus: updateStatus,
    });
    queries.set(query, liveQuery);
    liveStatuses.set(query, liveQuery.status);
    return liveQuery;
  }

  function close(query: CachedQuery): void {
    const known = queries.get(query);
    queries.delete(query);
    known?.close();
  }

  function follow(event: CacheEvent): void {
    const { type, query, action } = event;
    layers.follow(event);
    const known = queries.get(query);
    if (type === "removed") return close(query);
    if (type === "updated") {
      // The query was reset, so its next data must come from a new request.
      if (action?.type === "setState" && query.state.data === undefined && known?.status() !== "idle") close(query);
      else known?.updated();
      return undefined;
    }
    if (!type.startsWith("observer") || type === "observerResultsUpdated") return undefined;
    if (query.observers.length === 0) return updateStatus();
    // All observers have disabled the query.
    if (!query.isActive()) return close(query);
    if (query.observers.some(({ options: { meta } }) => isMarkedLive(meta))) open(query)?.open();
    return undefined;
  }

  const bridge: Bridge = {
    client: options.client,
    // `context` is not destructured: if `signal` is read, TanStack Query assumes that the fetch can be aborted.
    fetch(context, http) {
      const query = cache.getAll().find(({ queryKey }) => queryKey === context.queryKey);
      const liveQuery = query && open(query);
      if (!liveQuery) return undefined;
      if (query.observers.length === 0) liveQuery.stopUnlessObserved(() => close(query));
      return liveQuery.fetch(context, http);
    },
    begin: layers.begin,
    reset() {
      layers.reset();
      batcher.reset();
    },
    status: () => status,

    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    connect() {
      connections++;
      clearTimeout(disconnecting);
      if (stop) return;
      const unsubscribes = [
        cache.subscribe(follow as (event: never) => void),
        acks?.listen(batcher.onFlush) ?? (() => {}),
        network.watch(),
      ];
      stop = () => {
        for (const unsubscribe of unsubscribes) unsubscribe();
        for (const query of queries.keys()) close(query);
      };
      for (const query of cache.getAll()) follow({ type: "observerAdded", query });
    },

    disconnect() {
      connections--;
      if (connections > 0) return;
      disconnecting = setTimeout(() => {
        stop?.();
        stop = undefined;
      }, 0);
    },
  };
  setBridge(queryClient, bridge);
  return bridge;
}

/** Returns the bridge between a cache and a client. Repeated calls return the same bridge, because React may render twice. */
export function obtainLiveBridge<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): Bridge {
  const known = bridgeOf(options.queryClient);
  return known?.client === options.client ? known : createLiveBridge(options);
}
