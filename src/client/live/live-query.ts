import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { organizationIdOf } from "../organization-id-of.js";
import type { FetchContext } from "./bridges.js";
import type { Failures } from "./failures.js";
import { openFeed, type Feed } from "./feed.js";
import type { UpdateBatcher, BatchedUpdate } from "./update-batcher.js";
import type { LiveQueryStatus } from "./live-status.js";
import type { PageNews, showPages } from "./pages.js";
import type { CachedQuery } from "./query-cache.js";
import { inputOfPage, keyOf, type CachedCall } from "./read-query-key.js";

export interface LiveQueryOptions {
  readonly query: CachedQuery;
  readonly call: CachedCall;
  readonly client: TRPCUntypedClient<AnyTRPCRouter>;
  readonly together: UpdateBatcher;
  /** Its connection was made or lost, or it stopped. */
  readonly onStatus: () => void;
}

/** How long a query that nobody looks at is kept current after it was asked for, in milliseconds. */
const UNOBSERVED = 5_000;

/** One query of the cache, kept current by as many subscriptions as it has pages: one, if it has none. */
export function createLiveQuery({ query, call, client, together, onStatus }: LiveQueryOptions) {
  const feeds = new Map<string, Feed>();
  /** Pages of which something was told that is not shown yet, */
  const told = new Set<string>();
  /** and what is to be shown of them next. */
  const next = new Map<string, unknown>();
  /** After an error it waits to be asked again. */
  let asleep = false;
  let failures: Failures | undefined;
  // Loaded before there is an error: a deploy can take the chunk away.
  const loaded = import("./failures.js").then(
    (module) => (failures = module.createFailures({ query, ask, onStatus })),
    () => undefined,
  );

  let showAll: typeof showPages | undefined;
  if (call.infinite) {
    import("./pages.js").then(
      (module) => (showAll = module.showPages),
      () => {},
    );
  }

  const shown: BatchedUpdate = { organizationId: organizationIdOf(call.input), ready, show };

  function feedFor(key: string, input: unknown): Feed {
    const known = feeds.get(key);
    if (known) return known;
    const feed = openFeed({
      client,
      path: call.path,
      input,
      onData() {
        failures?.reset();
        told.add(key);
        // The first result belongs to no flush.
        if (feed.results() === 1) together.addLate(shown);
        else together.add(shown);
      },
      onEnd(error, wasAwaited) {
        if (feeds.get(key) !== feed) return;
        feeds.delete(key);
        asleep = true;
        void loaded.then((known) => {
          if (!asleep) return;
          if (known) known.add(error, wasAwaited);
          // Without that module, TanStack Query asks again.
          else if (error !== undefined) query.fetch().catch(() => {});
        });
      },
      onConnection: onStatus,
    });
    feeds.set(key, feed);
    onStatus();
    return feed;
  }

  function ready(): void {
    for (const key of told) next.set(key, feeds.get(key)?.latest());
    told.clear();
  }

  function show(): void {
    // A fetch that is under way ends with what has come meanwhile.
    if (query.state.fetchStatus === "fetching" || next.size === 0) return;
    const pages = new Map(next);
    next.clear();
    if (!call.infinite) return void query.setData(pages.get(""), { manual: true });
    const news: PageNews = (pageParam) => {
      const key = keyOf(pageParam);
      return pages.has(key) ? { page: pages.get(key) } : undefined;
    };
    // Another page follows now, or the module is not loaded: all are read again, from what is known already.
    if (!showAll?.({ query, news, keyOf })) query.fetch().catch(() => {});
  }

  const pageParams = (): readonly unknown[] =>
    (query.state.data as { pageParams?: readonly unknown[] } | undefined)?.pageParams ?? [];

  function openAll(): void {
    if (!call.infinite) feedFor("", call.input);
    else for (const param of pageParams()) feedFor(keyOf(param), inputOfPage(call.input, param, "forward"));
  }

  function ask(): void {
    asleep = false;
    // Pages are not known before the first.
    if (call.infinite && query.state.data === undefined) query.fetch().catch(() => {});
    else if (query.isActive()) openAll();
  }

  return {
    organizationId: shown.organizationId,
    status(): LiveQueryStatus {
      if (asleep && !failures?.isWaiting()) return query.isActive() ? "error" : "idle";
      const all = [...feeds.values()].map((feed) => feed.status());
      if (asleep || all.includes("connecting")) return "connecting";
      return all.find((status) => status === "polling") ?? (all.length > 0 ? "live" : "idle");
    },

    /** What it is told of an older position of the log than this is passed over: it was asked for, and is newer. */
    expect(position: number): void {
      for (const feed of feeds.values()) feed.expect(position);
    },

    /** Somebody looks at it. */
    wake(): void {
      if (!asleep) openAll();
    },

    /** The cache has changed it: pages that it has no more need not be kept current, and what waited for it can be shown. */
    updated(): void {
      const { data, fetchStatus } = query.state;
      if (fetchStatus !== "idle") return;
      if (call.infinite && data !== undefined) {
        const wanted = new Set(pageParams().map(keyOf));
        for (const [key, feed] of feeds) {
          if (wanted.has(key) || feed.isAwaited()) continue;
          feeds.delete(key);
          told.delete(key);
          next.delete(key);
          feed.close();
        }
        if (!asleep) openAll();
      }
      if (next.size > 0) together.addLate(shown);
    },

    /** Reads it, or one of its pages: the first time from its subscription. */
    async fetch(context: FetchContext, http: () => unknown): Promise<unknown> {
      asleep = false;
      failures?.cancel();
      const { pageParam, direction = "forward" } = context;
      const key = call.infinite ? keyOf(pageParam) : "";
      const feed = feedFor(key, call.infinite ? inputOfPage(call.input, pageParam, direction) : call.input);
      const before = feed.results();
      if (before === 0 || (call.infinite && feed.status() === "live")) return feed.current(http);
      // Asked for again: the server is asked, as whoever refetches expects. What was told meanwhile is newer.
      const answer = await http();
      if (feed.results() === before) return answer;
      told.clear();
      next.clear();
      return feed.latest();
    },

    /** Stops after a while that nobody looks at it: it was fetched in advance, or by a component that came to nothing. */
    stopUnlessObserved(stop: () => void): void {
      setTimeout(function look() {
        if (query.observers.length > 0) return;
        if ([...feeds.values()].some((feed) => feed.isAwaited())) setTimeout(look, UNOBSERVED);
        else stop();
      }, UNOBSERVED);
    },

    close(): void {
      asleep = false;
      failures?.cancel();
      together.remove(shown);
      const open = [...feeds.values()];
      feeds.clear();
      for (const feed of open) feed.close();
      onStatus();
    },
  };
}

export type LiveQuery = ReturnType<typeof createLiveQuery>;
