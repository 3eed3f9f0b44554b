import type { QueryClient } from "@tanstack/react-query";

/**
 * Without a network a mutation fails at once, and says so: TanStack Query's own default is to let it wait, unseen. An
 * app that wants that sets a `networkMode`.
 */
export function failOffline(queryClient: QueryClient): QueryClient {
  const defaults = queryClient.getDefaultOptions();
  if (defaults.mutations?.networkMode !== undefined) return queryClient;
  queryClient.setDefaultOptions({ ...defaults, mutations: { ...defaults.mutations, networkMode: "always" } });
  return queryClient;
}
