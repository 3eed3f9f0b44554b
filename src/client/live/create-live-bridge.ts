import { getUntypedClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { writeAcksOf } from "../write-acks.js";
import { bridgeOf, liveStatuses, setBridge, type Bridge } from "./bridges.js";
import { createLiveQuery, type LiveQuery } from "./live-query.js";
import { isMarkedLive } from "./live.js";
import { liveStatusOf, type LiveStatus } from "./live-status.js";
import { createUpdateBatcher } from "./update-batcher.js";
import { watchNetwork } from "./network.js";
import { createOptimisticLayers } from "./optimistic-layers.js";
import type { CachedQuery, CacheEvent, LiveNotifyManager, LiveQueryClient } from "./query-cache.js";
import { readQueryKey } from "./read-query-key.js";

export interface LiveBridgeOptions<TRouter extends AnyTRPCRouter> {
  readonly client: TRPCClient<TRouter>;
  readonly queryClient: LiveQueryClient;
  /** TanStack Query's own. */
  readonly notifyManager: LiveNotifyManager;
}

/** Between the cache and the sockets: one subscription on the server for each query, however many components use it. */
export function createLiveBridge<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): Bridge {
  const flushes = writeAcksOf(options.client);
  const { queryClient, notifyManager } = options;
  const client = getUntypedClient(options.client) as ReturnType<typeof getUntypedClient<AnyTRPCRouter>>;
  const cache = queryClient.getQueryCache();
  const queries = new Map<CachedQuery, LiveQuery>();
  const listeners = new Set<() => void>();
  const batch = (run: () => void): void => notifyManager.batch(run);
  const together = createUpdateBatcher({ batch, onShow: () => layers.shown() });
  const layers = createOptimisticLayers({
    queryClient,
    batch,
    hold: () => together.hold(),
    isTold(query) {
      const known = queries.get(query);
      const isDelivered = known?.status() === "live" || flushes?.isPolled(known?.organizationId) === true;
      return known !== undefined && isDelivered && owedTo(query) === undefined;
    },
    ask(query) {
      const known = queries.get(query);
      const owed = owedTo(query);
      if (owed !== undefined) known?.expect(owed);
      if (query.isActive()) query.fetch(undefined, { cancelRefetch: true }).catch(() => {});
      else query.setState({ isInvalidated: true });
    },
  });

  function owedTo(query: CachedQuery): number | undefined {
    const known = queries.get(query);
    return known && flushes?.owed(known.organizationId);
  }

  let status: LiveStatus = "idle";
  /** How many use it: each provider around the same cache. */
  let users = 0;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | undefined;
  const network = watchNetwork(tellStatus);

  function tellStatus(): void {
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
    // A hydrated query has a key of JSON; an observer's has the app's own values.
    const { queryKey = query.queryKey } = query.options;
    const call = readQueryKey(queryKey);
    if (!call) return undefined;
    const made = createLiveQuery({ query, call, client, together, onStatus: tellStatus });
    queries.set(query, made);
    liveStatuses.set(query, made.status);
    return made;
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
      // Reset: what it shows next is asked for anew.
      if (action?.type === "setState" && query.state.data === undefined && known?.status() !== "idle") close(query);
      else known?.updated();
      return undefined;
    }
    if (!type.startsWith("observer") || type === "observerResultsUpdated") return undefined;
    if (query.observers.length === 0) return tellStatus();
    // Turned off by all who look at it.
    if (!query.isActive()) return close(query);
    if (query.observers.some(({ options: { meta } }) => isMarkedLive(meta))) open(query)?.wake();
    return undefined;
  }

  const bridge: Bridge = {
    client: options.client,
    // Not taken apart: to read its signal is to say that the fetch can be aborted.
    fetch(context, http) {
      const query = cache.getAll().find(({ queryKey }) => queryKey === context.queryKey);
      const liveQuery = query && open(query);
      if (!liveQuery) return undefined;
      if (query.observers.length === 0) liveQuery.stopUnlessObserved(() => close(query));
      return liveQuery.fetch(context, http);
    },
    begin: layers.begin,
    forget() {
      layers.forget();
      together.forget();
    },
    status: () => status,

    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    connect() {
      users++;
      clearTimeout(leaving);
      if (leave) return;
      const unsubscribes = [
        cache.subscribe(follow as (event: never) => void),
        flushes?.listen(together.flushed) ?? (() => {}),
        network.watch(),
      ];
      leave = () => {
        for (const unsubscribe of unsubscribes) unsubscribe();
        for (const query of queries.keys()) close(query);
      };
      for (const query of cache.getAll()) follow({ type: "observerAdded", query });
    },

    disconnect() {
      users--;
      if (users > 0) return;
      leaving = setTimeout(() => {
        leave?.();
        leave = undefined;
      }, 0);
    },
  };
  setBridge(queryClient, bridge);
  return bridge;
}

/** The bridge between a cache and a client: made once, however often it is asked for, since React renders twice. */
export function obtainLiveBridge<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): Bridge {
  const known = bridgeOf(options.queryClient);
  return known?.client === options.client ? known : createLiveBridge(options);
}
