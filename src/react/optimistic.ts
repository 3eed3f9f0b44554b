import type { InferDataFromTag, QueryKey } from "@tanstack/react-query";
import type { DecorateMutationProcedure, ResolverDef, TRPCMutationOptions } from "@trpc/tanstack-react-query";
import { bridgeOf } from "../client/live/bridges.js";
import type { OptimisticLayer } from "../client/live/optimistic-layers.js";

/** What an optimistic change may do to the cache. */
export interface OptimisticCache {
  /**
   * Shows a query's data as it will be: `cache.update(trpc.posts.list.queryKey(), (posts) => [draft, ...posts])`. A
   * query that has no data yet stays without. Called more than once.
   */
  update<TKey extends QueryKey>(
    queryKey: TKey,
    change: (data: InferDataFromTag<unknown, TKey>) => InferDataFromTag<unknown, TKey>,
  ): void;
}

/** The options that a mutation's `mutationOptions` takes. `onMutate` is the optimistic change's. */
export type OptimisticOptions<TDef extends ResolverDef> = Omit<
  NonNullable<Parameters<TRPCMutationOptions<TDef>>[0]>,
  "onMutate"
>;

/**
 * A mutation whose outcome is shown before the server has it:
 * `useMutation(optimistic(trpc.posts.create, (cache, post) => cache.update(trpc.posts.list.queryKey(), …)))`. What the
 * server refuses is taken back, and what it does is handed over to its own result, with nothing shown in between.
 */
export function optimistic<TDef extends ResolverDef>(
  mutation: DecorateMutationProcedure<TDef>,
  change: (cache: OptimisticCache, input: TDef["input"]) => void,
  options: OptimisticOptions<TDef> = {},
): ReturnType<TRPCMutationOptions<TDef>> {
  // The layer travels as the mutation's context.
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
