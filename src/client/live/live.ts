import { bridgeOf, liveStatuses, type FetchContext } from "./bridges.js";

/** Marks a query as one that is kept current. It is in `meta`, which is also sent along when a server renders. */
const MARK = "userdo.live";

interface QueryOptions {
  readonly queryKey: readonly unknown[];
  /** What tells tRPC's options from others. */
  readonly trpc: { readonly path: string };
}

type QueryFunction = (context: FetchContext) => unknown;

/**
 * Keeps a query current: `useQuery(live(trpc.posts.list.queryOptions()))`. Takes and gives the options of any hook or
 * method of TanStack Query, with their own types. Where there is no socket, as on a server that renders, it is an
 * ordinary query.
 */
export function live<TOptions extends QueryOptions>(options: TOptions): TOptions {
  const { queryFn, meta } = options as { queryFn?: unknown; meta?: object };
  return {
    ...options,
    meta: { ...meta, [MARK]: true },
    // Changes are delivered, for as long as there is a connection for them.
    staleTime: (query: object) => (liveStatuses.get(query)?.() === "live" ? Infinity : 0),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // A skipToken is no function.
    ...(typeof queryFn === "function" && { queryFn: keptCurrent(queryFn as QueryFunction) }),
  };
}

export function isMarkedLive(meta: Readonly<Record<string, unknown>> | undefined): boolean {
  return meta?.[MARK] === true;
}

function keptCurrent(queryFn: QueryFunction): QueryFunction {
  return (context) => bridgeOf(context.client)?.fetch(context, () => queryFn(context)) ?? queryFn(context);
}
