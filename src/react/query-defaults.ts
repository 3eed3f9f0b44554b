import { QueryClient, type DefaultOptions, type QueryClientConfig } from "@tanstack/react-query";
import superjson, { type SuperJSONResult } from "superjson";
import { hashQueryKey } from "../client/live/hash-query-key.js";
import { retryDelay, shouldRetry } from "./retry-policy.js";

/** The key of what `serializeData` returns. Data without it was dehydrated by a client without these defaults. */
const SERIALIZED = "userdo.superjson";

/**
 * A `QueryClient` with this package's defaults: keys and dehydrated data may have any value that superjson carries, and
 * only errors that can pass are retried. An app's own `defaultOptions` take precedence. Use it for a `QueryClient` that is used
 * before `UserDOProvider` gets it, for example on a server that renders. The provider adds the defaults to any other.
 */
export function createQueryClient(config: QueryClientConfig = {}): QueryClient {
  return new QueryClient({ ...config, defaultOptions: withDefaults(config.defaultOptions) });
}

/** Adds the defaults to a `QueryClient`, where the app has not set its own. */
export function addDefaults(queryClient: QueryClient): QueryClient {
  queryClient.setDefaultOptions(withDefaults(queryClient.getDefaultOptions()));
  const { queryKeyHashFn } = queryClient.getDefaultOptions().queries ?? {};
  // A search in the cache hashes the wanted key as each query would, and TanStack Query's own hash throws for a bigint.
  for (const { options } of queryClient.getQueryCache().getAll()) {
    if (queryKeyHashFn) options.queryKeyHashFn ??= queryKeyHashFn;
  }
  return queryClient;
}

function withDefaults({ queries, mutations, dehydrate, hydrate, ...rest }: DefaultOptions = {}): DefaultOptions {
  const queryKeyHashFn = queries?.queryKeyHashFn ?? hashQueryKey;
  // An app that serializes data itself does so at both ends.
  const isOwn = dehydrate?.serializeData !== undefined || hydrate?.deserializeData !== undefined;
  return {
    ...rest,
    queries: {
      ...queries,
      queryKeyHashFn,
      retry: queries?.retry ?? shouldRetry,
      retryDelay: queries?.retryDelay ?? retryDelay,
    },
    // TanStack Query's default is to let a mutation wait for the network, unseen.
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
