import { bridgeOf, liveStatuses, type FetchContext } from "./bridges.js";

/** The key in `meta` that marks a live query. A server that renders sends `meta` with the dehydrated query. */
const MARK = "userdo.live";

interface QueryOptions {
  readonly queryKey: readonly unknown[];
  /** Distinguishes tRPC's options from others. */
  readonly trpc: { readonly path: string };
}

type QueryFunction = (context: FetchContext) => unknown;

/**
 * Makes a query live: its data is updated when it changes on the server. Accepts and returns the options of any hook or method
 * of TanStack Query, with their own types. Without a socket, as on a server that renders, the query is an ordinary one.
 *
 * @example
 * ```ts
 * const posts = useQuery(live(trpc.posts.list.queryOptions()));
 * ```
 */
export function live<TOptions extends QueryOptions>(options: TOptions): TOptions {
  const { queryFn, meta } = options as { queryFn?: unknown; meta?: object };
  return {
    ...options,
    meta: { ...meta, [MARK]: true },
    // While the connection works, the server delivers changes, so a refetch is not needed.
    staleTime: (query: object) => (liveStatuses.get(query)?.() === "live" ? Infinity : 0),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // A skipToken is not a function.
    ...(typeof queryFn === "function" && { queryFn: withBridge(queryFn as QueryFunction) }),
  };
}

export function isMarkedLive(meta: Readonly<Record<string, unknown>> | undefined): boolean {
  return meta?.[MARK] === true;
}

function withBridge(queryFn: QueryFunction): QueryFunction {
  return (context) => bridgeOf(context.client)?.fetch(context, () => queryFn(context)) ?? queryFn(context);
}
