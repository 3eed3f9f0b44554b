import type { LiveQueryClient } from "./query-cache.js";

export interface ForgetUserOptions {
  readonly queryClient: LiveQueryClient;
  /** Whose answer does not depend on who was signed in: it stays. */
  readonly keeps: (queryKey: readonly unknown[]) => boolean;
}

/**
 * Empties a cache of all that belongs to the user before: nobody else may see it, or go on with what they began. What
 * is still on the page begins anew, once the page had its chance to show something else.
 */
export function forgetUser({ queryClient, keeps }: ForgetUserOptions): void {
  const queries = queryClient.getQueryCache();
  const mutations = queryClient.getMutationCache();

  // A mutation that waits for the network would be sent as somebody else. The one under way is what signs in or out.
  for (const mutation of mutations.getAll()) {
    if (mutation.state.status !== "pending" || mutation.state.isPaused) mutations.remove(mutation as never);
  }

  const onPage = queries.getAll().filter(({ queryKey, observers }) => !keeps(queryKey) && observers.length > 0);
  for (const query of queries.getAll()) {
    if (keeps(query.queryKey)) continue;
    if (query.observers.length === 0) queries.remove(query as never);
    else query.reset();
  }

  setTimeout(() => {
    for (const query of onPage) {
      const idle = query.state.data === undefined && query.state.fetchStatus === "idle";
      if (idle && query.isActive()) query.fetch().catch(() => {});
    }
  }, 0);
}
