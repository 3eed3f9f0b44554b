import superjson from "superjson";

/** The tRPC call of a query key that `@trpc/tanstack-react-query` wrote. */
export interface CachedCall {
  /** For example `posts.list`. */
  readonly path: string;
  readonly input: unknown;
  /** Whether the query is an infinite one, with pages. */
  readonly infinite: boolean;
}

/** Reads `[path, { input, type }]`, with a prefix in front if the app uses one; `undefined` for any other key. */
export function readQueryKey(queryKey: readonly unknown[]): CachedCall | undefined {
  const [path, args] = queryKey.length > 2 ? queryKey.slice(1) : queryKey;
  if (!Array.isArray(path) || typeof args !== "object" || args === null) return undefined;
  const { input, type } = args as { input?: unknown; type?: unknown };
  return { path: path.join("."), input, infinite: type === "infinite" };
}

/** Returns the input that tRPC sends for one page. */
export function inputOfPage(input: unknown, cursor: unknown, direction: "forward" | "backward"): object {
  return { ...(input as object | undefined), ...(cursor !== undefined && { cursor }), direction };
}

/** Returns the key of a page, from its parameter, which may have any value that superjson supports. */
export function keyOf(pageParam: unknown): string {
  return superjson.stringify(pageParam);
}
