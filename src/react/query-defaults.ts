import { QueryClient, type DefaultOptions, type QueryClientConfig } from "@tanstack/react-query";
import superjson, { type SuperJSONResult } from "superjson";
import { hashQueryKey } from "../client/live/hash-query-key.js";
import { retryDelay, shouldRetry } from "./retry-policy.js";

/** The key of what `serializeData` returns. Data without it was dehydrated by a client without these defaults. */
const SERIALIZED = "userdo.superjson";

/**
 * Creates a `QueryClient` with this package's defaults: keys and dehydrated data may have any value that superjson supports,
 * and only temporary errors are retried. The app's own `defaultOptions` take precedence. Use it if the `QueryClient` is needed
 * before `UserDOProvider` receives it, for example on a server that renders. The provider adds the defaults to any other.
 *
 * @example
 * ```ts
 * const queryClient = createQueryClient({ defaultOptions: { queries: { staleTime: 60_000 } } });
 * ```
 */
export function createQueryClient(config: QueryClientConfig = {}): QueryClient {
  return new QueryClient({ ...config, defaultOptions: withDefaults(config.defaultOptions) });
}

/** Adds the defaults to a `QueryClient`, where the app has not set its own. */
export function addDefaults(queryClient: QueryClient): QueryClient {
  queryClient.setDefaultOptions(withDefaults(queryClient.getDefaultOptions()));
  const { queryKeyHashFn } = queryClient.getDefaultOptions().queries ?? {};
  // A search in the cache hashes the key with each query's function, and TanStack Query's own hash throws for a bigint.
  for (const { options } of queryClient.getQueryCache().getAll()) {
    if (queryKeyHashFn) options.queryKeyHashFn ??= queryKeyHashFn;
  }
  return queryClient;
}

function withDefaults({ queries, mutations, dehydrate, hydrate, ...rest }: DefaultOptions = {}): DefaultOptions {
  const queryKeyHashFn = queries?.queryKeyHashFn ?? hashQueryKey;
  // An app that serializes data itself does so on the server and in the browser.
  const isOwn = dehydrate?.serializeData !== undefined || hydrate?.deserializeData !== undefined;
  return {
    ...rest,
    queries: {
      ...queries,
      queryKeyHashFn,
      retry: queries?.retry ?? shouldRetry,
      retryDelay: queries?.retryDelay ?? retryDelay,
    },
    // By default, TanStack Query delays a mutation until the network is back, without an error.
    mutations: { ...mutations, networkMode: mutations?.networkMode ?? "always" },
    dehydrate: { ...(!isOwn && { serializeData }), ...dehydrate },
    hydrate: {
      ...(!isOwn && { deserializeData }),
      ...hydrate,
      // Hydrated queries do not get the defaults of queries.
      queries: { queryKeyHashFn, ...hydrate?.queries },
    },
  };
}

function serializeData(data: unknown): object {
  return { [SERIALIZED]: superjson.serialize(data) };
}

function deserializeData(data: unknown): unknown {
  const isSerialized = typeof data === "object" && data !== null && SERIALIZED in data;
  return isSerialized ? superjson.deserialize(data[SERIALIZED] as SuperJSONResult) : data;
}
