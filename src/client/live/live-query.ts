import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { OwnerKey } from "../procedure-owners.js";
import type { FetchContext } from "./bridges.js";
import type { Failures } from "./live-retries.js";
import { openFeed, type Feed } from "./feed.js";
import type { UpdateBatcher, BatchedUpdate } from "./update-batcher.js";
import type { LiveQueryStatus } from "./live-status.js";
import type { PageNews, showPages } from "./show-pages.js";
import type { CachedQuery } from "./query-cache.js";
import { inputOfPage, keyOf, type CachedCall } from "./read-query-key.js";

export interface LiveQueryOptions {
  readonly query: CachedQuery;
  readonly call: CachedCall;
  readonly client: TRPCUntypedClient<AnyTRPCRouter>;
  /** Returns the current owner of the query, which is known after the first subscription. */
  readonly ownerOf: (call: CachedCall) => OwnerKey;
  readonly batcher: UpdateBatcher;
  /** Called when the status of the query may have changed. */
  readonly onStatus: () => void;
}

/** How long a query without observers stays live after a fetch, in milliseconds. */
const UNOBSERVED_MS = 5_000;

/** Creates the live state of one query of the cache, with one subscription for each of its pages. */
export function createLiveQuery({ query, call, client, ownerOf, batcher, onStatus }: LiveQueryOptions) {
  const feeds = new Map<string, Feed>();
  /** Keys of the pages with a result that is not prepared yet. */
  const changed = new Set<string>();
  /** The prepared results, by the key of their page. */
  const next = new Map<string, unknown>();
  /** After an error, the query has no subscription until a retry or a fetch. */
  let isPaused = false;
  let failures: Failures | undefined;
  // Loaded in advance, because a deploy may delete the chunk before the first error.
  const loaded = import("./live-retries.js").then(
    (module) => (failures = module.createFailures({ query, resend: resubscribe, onStatus })),
    () => undefined,
  );

  let showAll: typeof showPages | undefined;
  if (call.infinite) {
    import("./show-pages.js").then(
      (module) => (showAll = module.showPages),
      () => {},
    );
  }

  const update: BatchedUpdate = { owner: () => ownerOf(call), prepare, show };

  function feedFor(key: string, input: unknown): Feed {
    const known = feeds.get(key);
    if (known) return known;
    const feed = openFeed({
      client,
      path: call.path,
      input,
      onData() {
        failures?.reset();
        changed.add(key);
        // The first result is not part of a flush.
        if (feed.results() === 1) batcher.addLate(update);
        else batcher.add(update);
      },
      onEnd(error, wasAwaited) {
        if (feeds.get(key) !== feed) return;
        feeds.delete(key);
        isPaused = true;
        void loaded.then((known) => {
          if (!isPaused) return;
          if (known) known.add(error, wasAwaited);
          // Without that module, TanStack Query retries.
          else if (error !== undefined) query.fetch().catch(() => {});
        });
      },
      onConnection: onStatus,
    });
    feeds.set(key, feed);
    onStatus();
    return feed;
  }

  function prepare(): void {
    for (const key of changed) next.set(key, feeds.get(key)?.latest());
    changed.clear();
  }

  function show(): void {
    // A fetch in flight returns the latest results itself.
    if (query.state.fetchStatus === "fetching" || next.size === 0) return;
    const pages = new Map(next);
    next.clear();
    if (!call.infinite) return void query.setData(pages.get(""), { manual: true });
    const news: PageNews = (pageParam) => {
      const key = keyOf(pageParam);
      return pages.has(key) ? { page: pages.get(key) } : undefined;
    };
    // The pages are no longer contiguous, or the module has not loaded yet. The refetch reads each page from its feed.
    if (!showAll?.({ query, news, keyOf })) query.fetch().catch(() => {});
  }

  const pageParams = (): readonly unknown[] =>
    (query.state.data as { pageParams?: readonly unknown[] } | undefined)?.pageParams ?? [];

  function openAll(): void {
    if (!call.infinite) feedFor("", call.input);
    else for (const param of pageParams()) feedFor(keyOf(param), inputOfPage(call.input, param, "forward"));
  }

  function resubscribe(): void {
    isPaused = false;
    // Without data, the parameters of the pages are unknown.
    if (call.infinite && query.state.data === undefined) query.fetch().catch(() => {});
    else if (query.isActive()) openAll();
  }

  return {
    owner: update.owner,
    status(): LiveQueryStatus {
      if (isPaused && !failures?.isWaiting()) return query.isActive() ? "error" : "idle";
      const all = [...feeds.values()].map((feed) => feed.status());
      if (isPaused || all.includes("connecting")) return "connecting";
      return all.find((status) => status === "polling") ?? (all.length > 0 ? "live" : "idle");
    },

    /** Ignores results older than this log position, because a refetch returns a newer one. */
    expect(position: number): void {
      for (const feed of feeds.values()) feed.expect(position);
    },

    /** Opens the subscriptions, because the query has an observer. */
    open(): void {
      if (!isPaused) openAll();
    },

    /** Called when the cache has changed the query. Closes the feeds of removed pages, and shows results that waited. */
    updated(): void {
      const { data, fetchStatus } = query.state;
      if (fetchStatus !== "idle") return;
      if (call.infinite && data !== undefined) {
        const wanted = new Set(pageParams().map(keyOf));
        for (const [key, feed] of feeds) {
          if (wanted.has(key) || feed.isAwaited()) continue;
          feeds.delete(key);
          changed.delete(key);
          next.delete(key);
          feed.close();
        }
        if (!isPaused) openAll();
      }
      if (next.size > 0) batcher.addLate(update);
    },

    /** Reads the query, or one of its pages. The first result comes from the subscription. */
    async fetch(context: FetchContext, http: () => unknown): Promise<unknown> {
      isPaused = false;
      failures?.cancel();
      const { pageParam, direction = "forward" } = context;
      const key = call.infinite ? keyOf(pageParam) : "";
      const feed = feedFor(key, call.infinite ? inputOfPage(call.input, pageParam, direction) : call.input);
      const before = feed.results();
      if (before === 0 || (call.infinite && feed.status() === "live")) return feed.current(http);
      // A refetch always sends a request. A result that the subscription delivered meanwhile is newer.
      const data = await http();
      if (feed.results() === before) return data;
      changed.clear();
      next.clear();
      return feed.latest();
    },

    /** Calls `stop` if the query stays without observers: after a prefetch, or a render that React discarded. */
    stopUnlessObserved(stop: () => void): void {
      setTimeout(function check() {
        if (query.observers.length > 0) return;
        if ([...feeds.values()].some((feed) => feed.isAwaited())) setTimeout(check, UNOBSERVED_MS);
        else stop();
      }, UNOBSERVED_MS);
    },

    close(): void {
      isPaused = false;
      failures?.cancel();
      batcher.remove(update);
      const closing = [...feeds.values()];
      feeds.clear();
      for (const feed of closing) feed.close();
      onStatus();
    },
  };
}

export type LiveQuery = ReturnType<typeof createLiveQuery>;
