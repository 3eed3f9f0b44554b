import { sessionChangedError } from "../client-sessions.js";
import type { CachedMutation, LiveQueryClient } from "./query-cache.js";

export interface ClearUserDataOptions {
  readonly queryClient: LiveQueryClient;
  /** Whether a query stays in the cache, because it does not contain data of the previous user. */
  readonly keeps: (queryKey: readonly unknown[]) => boolean;
}

/**
 * Deletes the data and the mutations of the previous user from a cache. Queries that are still on the page after its next
 * render are fetched again.
 */
export function clearUserData({ queryClient, keeps }: ClearUserDataOptions): void {
  const queries = queryClient.getQueryCache();
  const mutations = queryClient.getMutationCache();

  for (const mutation of mutations.getAll()) {
    endRetries(mutation);
    // A mutation that waits for the network would be sent as another user. A mutation in flight may be the sign-in itself.
    if (mutation.state.status !== "pending" || mutation.state.isPaused) mutations.remove(mutation as never);
  }

  const cleared = queries.getAll().filter(({ queryKey }) => !keeps(queryKey));
  const onPage = cleared.filter(({ observers }) => observers.length > 0);
  for (const query of cleared.filter(({ observers }) => observers.length === 0)) {
    // An observer of another query may still use its data as a placeholder.
    query.setState({ data: undefined });
    queries.remove(query as never);
  }
  for (const query of onPage) {
    // An observer that shows a placeholder would keep it, but an error makes it drop that. Neither state is rendered.
    query.setState({ data: undefined, status: "error" });
    query.reset();
  }

  setTimeout(() => {
    for (const query of onPage) {
      const idle = query.state.data === undefined && query.state.fetchStatus === "idle";
      if (idle && query.isActive()) query.fetch().catch(() => {});
    }
  }, 0);
}

/**
 * Makes a mutation fail instead of being sent again: a retry would be sent as the new user. A component that renders
 * again replaces the options, so their setter is wrapped.
 */
function endRetries(mutation: CachedMutation): void {
  let { options } = mutation;
  const mutationFn = (): Promise<never> => Promise.reject(sessionChangedError());
  Object.defineProperty(mutation, "options", {
    configurable: true,
    get: () => ({ ...options, mutationFn }),
    set(next: object) {
      options = next;
    },
  });
}
