import type { CachedQuery, CacheEvent, LiveQueryClient } from "./query-cache.js";

/** What an optimistic change may do to the cache. */
export interface QueryChanges {
  /**
   * Shows a query's data as it will be. A query that has no data yet stays without. Called more than once.
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

type Outcome = "underWay" | "done";

interface Step {
  readonly layer: OptimisticLayer;
  readonly change: (data: unknown) => unknown;
}

interface Layered {
  /** What the server says, as far as the layers can be laid over it. */
  base: unknown;
  /** What it said while a change was under way: whether that is in it already is not known yet. */
  held?: { readonly data: unknown } | undefined;
  steps: Step[];
  /** What is shown. */
  laid?: unknown;
}

export interface OptimisticLayersOptions {
  readonly queryClient: LiveQueryClient;
  readonly batch: (run: () => void) => void;
  /** Lets live results wait until the returned function is called. */
  readonly hold: () => () => void;
  /** Whether a query is told of each change, so that its results need not be asked for. */
  readonly isTold: (query: CachedQuery) => boolean;
  /** Asks for a query's result, which nothing older may follow. */
  readonly ask: (query: CachedQuery) => void;
}

/**
 * Optimistic changes as layers over what the server says. Each new result has those laid over it that it cannot know
 * of yet, so nothing is put back by hand: what fails is taken away, what succeeds goes when the result has it. While
 * one is under way nobody can tell whether a new result has it, so its queries show none until it has ended.
 */
export function createOptimisticLayers({ queryClient, batch, hold, isTold, ask }: OptimisticLayersOptions) {
  const cache = queryClient.getQueryCache();
  const layered = new Map<CachedQuery, Layered>();
  /** How those that are on the page stand. */
  const outcomes = new WeakMap<OptimisticLayer, Outcome>();
  /** Done, and gone with the next result of a query. */
  const leaving = new Map<CachedQuery, Set<OptimisticLayer>>();
  let laying = false;

  const isUnderWay = ({ steps }: Layered): boolean => steps.some(({ layer }) => outcomes.get(layer) === "underWay");

  function quietly(work: () => void): void {
    laying = true;
    try {
      work();
    } finally {
      laying = false;
    }
  }

  function lay(query: CachedQuery, state: Layered): void {
    const { base, steps } = state;
    if (steps.length === 0) layered.delete(query);
    const data = steps.reduce((before, { change }) => change(before), base);
    quietly(() => void query.setData(data, { manual: true }));
    state.laid = query.state.data;
  }

  /** Goes on to what was held back, if nothing is under way any more. Answers whether it did. */
  function thaw(query: CachedQuery, state: Layered): boolean {
    if (!state.held || isUnderWay(state)) return false;
    const gone = leaving.get(query);
    leaving.delete(query);
    state.base = state.held.data;
    state.held = undefined;
    state.steps = state.steps.filter(({ layer }) => !gone?.has(layer));
    return true;
  }

  /** What failed leaves no trace. */
  function takeAway(failed: OptimisticLayer): void {
    for (const [query, state] of layered) {
      const steps = state.steps.filter(({ layer }) => layer !== failed);
      if (steps.length === state.steps.length) continue;
      state.steps = steps;
      thaw(query, state);
      lay(query, state);
    }
  }

  /** What is done goes: at once where all was told, with the answer where it has to be asked for. */
  function handOver(query: CachedQuery, state: Layered): void {
    if (isUnderWay(state)) return;
    const hasNews = thaw(query, state);
    // A fetch that is under way may have begun before.
    if (isTold(query) && query.state.fetchStatus !== "fetching") {
      state.steps = [];
      leaving.delete(query);
      lay(query, state);
      return;
    }
    if (hasNews) lay(query, state);
    const asked = leaving.get(query) ?? new Set();
    const gone = state.steps.map(({ layer }) => layer).filter((layer) => !asked.has(layer));
    if (gone.length === 0) return;
    leaving.set(query, new Set([...asked, ...gone]));
    ask(query);
  }

  return {
    /** Puts a change on the page. */
    begin(change: (cache: QueryChanges) => void): OptimisticLayer {
      const release = hold();
      const end = (what: () => void): void => {
        if (outcomes.get(layer) !== "underWay") return;
        outcomes.set(layer, "done");
        batch(() => {
          what();
          release();
        });
      };
      const layer: OptimisticLayer = {
        fail: () => end(() => takeAway(layer)),
        succeed: () => end(() => {}),
      };
      outcomes.set(layer, "underWay");
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
      for (const [query, state] of layered) handOver(query, state);
    },

    /** Nothing that was under way matters any more. */
    forget(): void {
      layered.clear();
      leaving.clear();
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
        state.held = { data: query.state.data };
        if (thaw(query, state)) lay(query, state);
        else quietly(() => query.setState({ data: state.laid }));
      }
    },
  };
}
