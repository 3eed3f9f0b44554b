import type { CachedQuery, CacheEvent, LiveQueryClient } from "./query-cache.js";

/** The changes that an optimistic update can make to the cache. */
export interface QueryChanges {
  /**
   * Changes the data that a query shows. A query without data is not changed. `change` is called again for each new result.
   */
  update(queryKey: readonly unknown[], change: (data: never) => unknown): void;
}

/** One optimistic change that the page shows. */
export interface OptimisticLayer {
  /** Removes the change, because the mutation failed. */
  fail(): void;
  /** Replaces the change by the server's result, because the mutation succeeded. */
  succeed(): void;
}

type Outcome = "pending" | "done";

interface Step {
  readonly layer: OptimisticLayer;
  readonly change: (data: unknown) => unknown;
}

interface Layered {
  /** The server's result to which the steps are applied. */
  base: unknown;
  /** A newer result that arrived while a mutation was pending. It may or may not contain the change. */
  next?: { readonly data: unknown } | undefined;
  steps: Step[];
  /** The data that the page shows. */
  view?: unknown;
}

export interface OptimisticLayersOptions {
  readonly queryClient: LiveQueryClient;
  readonly batch: (run: () => void) => void;
  /** Buffers live results until the returned function is called. */
  readonly pause: () => () => void;
  /** Whether the server delivers each change of a query, so that it need not be fetched. */
  readonly isPushed: (query: CachedQuery) => boolean;
  /** Fetches a query. Older results that arrive later are ignored. */
  readonly refetch: (query: CachedQuery) => void;
}

/**
 * Shows optimistic changes as layers over the server's results, so that a rollback needs no code. A failed layer is removed, and
 * a successful one is removed with the first result that contains its change. A result that arrives while a mutation is
 * pending may or may not contain the change, so it is buffered until the mutation has ended.
 */
export function createOptimisticLayers({ queryClient, batch, pause, isPushed, refetch }: OptimisticLayersOptions) {
  const cache = queryClient.getQueryCache();
  const layered = new Map<CachedQuery, Layered>();
  /** Whether the mutation of a layer is pending or has ended. */
  const outcomes = new WeakMap<OptimisticLayer, Outcome>();
  /** Completed layers, which the next result of their query replaces. */
  const removing = new Map<CachedQuery, Set<OptimisticLayer>>();
  let isRendering = false;

  const hasPending = ({ steps }: Layered): boolean => steps.some(({ layer }) => outcomes.get(layer) === "pending");

  function withoutEvents(work: () => void): void {
    isRendering = true;
    try {
      work();
    } finally {
      isRendering = false;
    }
  }

  function render(query: CachedQuery, state: Layered): void {
    const { base, steps } = state;
    if (steps.length === 0) layered.delete(query);
    const data = steps.reduce((before, { change }) => change(before), base);
    withoutEvents(() => void query.setData(data, { manual: true }));
    state.view = query.state.data;
  }

  /** Applies the buffered result unless a mutation is pending. Returns whether there was one. */
  function applyNext(query: CachedQuery, state: Layered): boolean {
    if (!state.next || hasPending(state)) return false;
    const removed = removing.get(query);
    removing.delete(query);
    state.base = state.next.data;
    state.next = undefined;
    state.steps = state.steps.filter(({ layer }) => !removed?.has(layer));
    return true;
  }

  /** Removes the steps of a failed layer. */
  function removeFailed(failed: OptimisticLayer): void {
    for (const [query, state] of layered) {
      const steps = state.steps.filter(({ layer }) => layer !== failed);
      if (steps.length === state.steps.length) continue;
      state.steps = steps;
      applyNext(query, state);
      render(query, state);
    }
  }

  /** Removes completed layers: at once if the server delivered all changes, otherwise after a refetch. */
  function removeDone(query: CachedQuery, state: Layered): void {
    if (hasPending(state)) return;
    const hasNext = applyNext(query, state);
    // A fetch in flight may have started before the mutation ended.
    if (isPushed(query) && query.state.fetchStatus !== "fetching") {
      state.steps = [];
      removing.delete(query);
      render(query, state);
      return;
    }
    if (hasNext) render(query, state);
    const waiting = removing.get(query) ?? new Set();
    const done = state.steps.map(({ layer }) => layer).filter((layer) => !waiting.has(layer));
    if (done.length === 0) return;
    removing.set(query, new Set([...waiting, ...done]));
    refetch(query);
  }

  return {
    /** Shows a change. */
    begin(change: (cache: QueryChanges) => void): OptimisticLayer {
      const resume = pause();
      const end = (action: () => void): void => {
        if (outcomes.get(layer) !== "pending") return;
        outcomes.set(layer, "done");
        batch(() => {
          action();
          resume();
        });
      };
      const layer: OptimisticLayer = {
        fail: () => end(() => removeFailed(layer)),
        succeed: () => end(() => {}),
      };
      outcomes.set(layer, "pending");
      try {
        batch(() =>
          change({
            update(queryKey, step) {
              const query = cache.find({ queryKey });
              if (!query || query.state.data === undefined) return;
              const state = layered.get(query) ?? { base: query.state.data, steps: [] };
              state.steps.push({ layer, change: step as Step["change"] });
              layered.set(query, state);
              render(query, state);
            },
          }),
        );
      } catch (error) {
        layer.fail();
        throw error;
      }
      return layer;
    },

    /** Called when the page shows all delivered results. They contain the completed changes. */
    onShow(): void {
      for (const [query, state] of layered) removeDone(query, state);
    },

    /** Drops all layers, because the signed-in user changed. */
    reset(): void {
      layered.clear();
      removing.clear();
    },

    /** Handles an event of the cache. */
    follow({ type, query, action }: CacheEvent): void {
      const state = layered.get(query);
      if (!state || isRendering) return;
      const isGone = type === "removed" || (action?.type === "setState" && query.state.data === undefined);
      if (isGone) {
        layered.delete(query);
        removing.delete(query);
      } else if (type === "updated" && action?.type === "success") {
        state.next = { data: query.state.data };
        if (applyNext(query, state)) render(query, state);
        else withoutEvents(() => query.setState({ data: state.view }));
      }
    },
  };
}
