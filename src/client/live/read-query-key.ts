import superjson from "superjson";

/** The call behind a query's key, as `@trpc/tanstack-react-query` writes it. */
export interface CachedCall {
  /** As in `posts.list`. */
  readonly path: string;
  readonly input: unknown;
  /** Whether it is one of many pages. */
  readonly infinite: boolean;
}

/** Reads `[path, { input, type }]`, with a prefix in front if the app uses one; `undefined` for any other key. */
export function readQueryKey(queryKey: readonly unknown[]): CachedCall | undefined {
  const [path, args] = queryKey.length > 2 ? queryKey.slice(1) : queryKey;
  if (!Array.isArray(path) || typeof args !== "object" || args === null) return undefined;
  const { input, type } = args as { input?: unknown; type?: unknown };
  return { path: path.join("."), input, infinite: type === "infinite" };
}

/** The input of one page: what tRPC sends for it. */
export function inputOfPage(input: unknown, cursor: unknown, direction: "forward" | "backward"): object {
  return { ...(input as object | undefined), ...(cursor !== undefined && { cursor }), direction };
}

/** The name of a page: its parameter, of any value that superjson carries. */
export function keyOf(pageParam: unknown): string {
  return superjson.stringify(pageParam);
}
