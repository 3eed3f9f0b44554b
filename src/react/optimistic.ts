import type { InferDataFromTag, QueryKey } from "@tanstack/react-query";
import type { DecorateMutationProcedure, ResolverDef, TRPCMutationOptions } from "@trpc/tanstack-react-query";
import { bridgeOf } from "../client/live/bridges.js";
import type { OptimisticLayer } from "../client/live/optimistic-layers.js";

/** The changes that an optimistic update can make to the cache. */
export interface OptimisticCache {
  /**
   * Changes the data that a query shows: `cache.update(trpc.posts.list.queryKey(), (posts) => [draft, ...posts])`. A query
   * without data is not changed. `change` must be pure: it is called again for each new result.
   */
  update<TKey extends QueryKey>(
    queryKey: TKey,
    change: (data: InferDataFromTag<unknown, TKey>) => InferDataFromTag<unknown, TKey>,
  ): void;
}

/** The options of a mutation's `mutationOptions`, without `onMutate`, which the optimistic update uses. */
export type OptimisticOptions<TDef extends ResolverDef> = Omit<
  NonNullable<Parameters<TRPCMutationOptions<TDef>>[0]>,
  "onMutate"
>;

/**
 * Returns the options of a mutation whose expected result is shown before the server responds. If the mutation fails, the change
 * is removed. If it succeeds, the server's result replaces the change without an intermediate state.
 *
 * @example
 * ```ts
 * const create = useMutation(
 *   optimistic(trpc.posts.create, (cache, post) =>
 *     cache.update(trpc.posts.list.queryKey(), (posts) => [{ ...post, id: "draft" }, ...posts]),
 *   ),
 * );
 * ```
 */
export function optimistic<TDef extends ResolverDef>(
  mutation: DecorateMutationProcedure<TDef>,
  change: (cache: OptimisticCache, input: TDef["input"]) => void,
  options: OptimisticOptions<TDef> = {},
): ReturnType<TRPCMutationOptions<TDef>> {
  // The layer is the result of `onMutate`, which TanStack Query passes to the other callbacks.
  const layerIn = (context: unknown): OptimisticLayer | undefined => context as OptimisticLayer | undefined;
  return mutation.mutationOptions<unknown>({
    ...options,
    onMutate: (input, { client }) => bridgeOf(client)?.begin((cache) => change(cache, input)),
    onError(error, input, result, context) {
      layerIn(result)?.fail();
      return options.onError?.(error, input, result, context);
    },
    onSuccess(data, input, result, context) {
      layerIn(result)?.succeed();
      return options.onSuccess?.(data, input, result, context);
    },
  });
}
