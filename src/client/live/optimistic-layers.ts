import type { CachedQuery, CacheEvent, LiveQueryClient } from "./query-cache.js";

/** What an optimistic change may do to the cache. */
export interface QueryChanges {
  /**
   * Shows a query's data as it will be. A query that has no data yet stays without. Called again on each new result
   * until the server's has the change.
   */
  update(queryKey: readonly unknown[], change: (data: never) => unknown): void;
}

/** One optimistic change, while it is on the page. */
export interface OptimisticLayer {
  /** The server has refused it: the page shows what it would without. */
  fail(): void;
  /** The server has done it: the page goes over to the server's result. */
  succeed(): void;
}

interface Step {
  readonly layer: OptimisticLayer;
  readonly change: (data: unknown) => unknown;
}

interface Layered {
  /** What the server says. */
  base: unknown;
  steps: Step[];
}

export interface OptimisticLayersOptions {
  readonly queryClient: LiveQueryClient;
  readonly batch: (run: () => void) => void;
  /** Lets live results wait until the returned function is called. */
  readonly hold: () => () => void;
  /** Whether a query is told of each change, so that its results need not be asked for. */
  readonly isTold: (query: CachedQuery) => boolean;
}

/**
 * Optimistic changes as layers over what the server says. Each new result has those laid over it that it cannot know
 * of yet, so nothing is put back by hand: what fails is taken away, what succeeds goes when the result has it.
 */
export function createOptimisticLayers({ queryClient, batch, hold, isTold }: OptimisticLayersOptions) {
  const cache = queryClient.getQueryCache();
  const layered = new Map<CachedQuery, Layered>();
  /** Done by the server, and not yet in what is shown. */
  const done = new Set<OptimisticLayer>();
  /** Done, and gone with the next result of a query. */
  const leaving = new Map<CachedQuery, Set<OptimisticLayer>>();
  let laying = false;

  function lay(query: CachedQuery, { base, steps }: Layered): void {
    if (steps.length === 0) layered.delete(query);
    laying = true;
    try {
      query.setData(
        steps.reduce((data, { change }) => change(data), base),
        { manual: true },
      );
    } finally {
      laying = false;
    }
  }

  function takeAway(gone: ReadonlySet<OptimisticLayer>, only: (query: CachedQuery) => boolean = () => true): void {
    for (const [query, state] of layered) {
      const steps = state.steps.filter(({ layer }) => !gone.has(layer));
      if (steps.length === state.steps.length || !only(query)) continue;
      state.steps = steps;
      lay(query, state);
    }
  }

  /** What is not told has to be asked for, and keeps its layers until the answer is there. */
  function askFor(query: CachedQuery, gone: ReadonlySet<OptimisticLayer>): void {
    leaving.set(query, new Set([...(leaving.get(query) ?? []), ...gone]));
    if (query.isActive()) query.fetch(undefined, { cancelRefetch: true }).catch(() => {});
    else query.setState({ isInvalidated: true });
  }

  return {
    /** Puts a change on the page. */
    begin(change: (cache: QueryChanges) => void): OptimisticLayer {
      const release = hold();
      let isUnderWay = true;
      const end = (what: () => void): void => {
        if (!isUnderWay) return;
        isUnderWay = false;
        batch(() => {
          what();
          release();
        });
      };
      const layer: OptimisticLayer = {
        fail: () => end(() => takeAway(new Set([layer]))),
        succeed: () => end(() => void done.add(layer)),
      };
      try {
        batch(() =>
          change({
            update(queryKey, step) {
              const query = cache.find({ queryKey });
              if (!query || query.state.data === undefined) return;
              const state = layered.get(query) ?? { base: query.state.data, steps: [] };
              state.steps.push({ layer, change: step as Step["change"] });
              layered.set(query, state);
              lay(query, state);
            },
          }),
        );
      } catch (error) {
        layer.fail();
        throw error;
      }
      return layer;
    },

    /** All that was told is on the page: what is done is part of it. */
    shown(): void {
      if (done.size === 0) return;
      const gone = new Set(done);
      done.clear();
      takeAway(gone, isTold);
      for (const [query, { steps }] of layered) {
        if (steps.some(({ layer }) => gone.has(layer))) askFor(query, gone);
      }
    },

    /** Nothing that was under way matters any more. */
    forget(): void {
      layered.clear();
      leaving.clear();
      done.clear();
    },

    /** To be told of all that happens to the cache. */
    follow({ type, query, action }: CacheEvent): void {
      const state = layered.get(query);
      if (!state || laying) return;
      const isGone = type === "removed" || (action?.type === "setState" && query.state.data === undefined);
      if (isGone) {
        layered.delete(query);
        leaving.delete(query);
      } else if (type === "updated" && action?.type === "success") {
        const gone = leaving.get(query);
        leaving.delete(query);
        state.base = query.state.data;
        state.steps = state.steps.filter(({ layer }) => !gone?.has(layer));
        lay(query, state);
      }
    },
  };
}
