import {
  skipToken,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
} from "@tanstack/react-query";
import type { TRPCClientError, TRPCClientErrorLike } from "@trpc/client";
import type { inferRouterOutputs } from "@trpc/server";
import { createClient, watchQuery } from "trpc-userdo/client";
import { createUserDOReact, type LiveStatus } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";

// Live queries have the query's own types. This file is compiled, never run.

type Post = inferRouterOutputs<AppRouter>["posts"]["create"];
type Project = inferRouterOutputs<AppRouter>["projects"]["create"];

const client = createClient<AppRouter>();

export function watching(): void {
  const stop = watchQuery(client.posts.list, undefined, {
    onData: (posts) => expectTypeOf(posts).toEqualTypeOf<Post[]>(),
    onStatus: (status) => expectTypeOf(status).toEqualTypeOf<"connecting" | "live" | "polling">(),
    onError: (error) => {
      expectTypeOf(error).toExtend<TRPCClientErrorLike<AppRouter>>();
      expectTypeOf(error.data).toEqualTypeOf<TRPCClientError<AppRouter>["data"]>();
      expectTypeOf(error.shape).toEqualTypeOf<TRPCClientError<AppRouter>["shape"]>();
    },
  });
  expectTypeOf(stop).toEqualTypeOf<() => void>();
  watchQuery(
    client.projects.list,
    { organizationId: "x" },
    { onData: (projects) => expectTypeOf(projects).toEqualTypeOf<Project[]>() },
  );
  // @ts-expect-error an organization's query needs an organizationId
  watchQuery(client.projects.list, undefined, { onData() {} });
  // @ts-expect-error a mutation is not a query
  watchQuery(client.posts.create, { title: "x", body: "" }, { onData() {} });
  // @ts-expect-error a subscription is not a query
  watchQuery(client.posts.changes, undefined, { onData() {} });
}

const { useTRPC, live, optimistic, useLiveStatus } = createUserDOReact<AppRouter>();

export function useLiveTypes(): void {
  const trpc = useTRPC();
  expectTypeOf(useLiveStatus()).toEqualTypeOf<LiveStatus>();
  expectTypeOf<LiveStatus>().toEqualTypeOf<"idle" | "connecting" | "live" | "polling" | "offline" | "error">();

  const plain = useQuery(trpc.posts.list.queryOptions());
  const posts = useQuery(live(trpc.posts.list.queryOptions()));
  expectTypeOf(posts).toEqualTypeOf(plain);
  expectTypeOf(posts.data).toEqualTypeOf<Post[] | undefined>();
  expectTypeOf(posts.error).toExtend<TRPCClientErrorLike<AppRouter> | null>();

  const suspended = useSuspenseQuery(live(trpc.posts.list.queryOptions()));
  expectTypeOf(suspended.data).toEqualTypeOf<Post[]>();

  const [first, second] = useQueries({
    queries: [
      live(trpc.posts.list.queryOptions()),
      live(trpc.projects.list.queryOptions({ organizationId: "x" })),
    ] as const,
  });
  expectTypeOf(first.data).toEqualTypeOf<Post[] | undefined>();
  expectTypeOf(second.data).toEqualTypeOf<Project[] | undefined>();

  const isOpen = Math.random() > 0.5;
  const titles = useQuery(
    live(
      trpc.posts.list.queryOptions(isOpen ? undefined : skipToken, { select: (all) => all.map(({ title }) => title) }),
    ),
  );
  expectTypeOf(titles.data).toEqualTypeOf<string[] | undefined>();

  const pages = useInfiniteQuery(
    live(trpc.kv.list.infiniteQueryOptions({ prefix: "draft:" }, { getNextPageParam: ({ nextCursor }) => nextCursor })),
  );
  expectTypeOf(pages.data?.pages[0]?.items[0]?.key).toEqualTypeOf<string | undefined>();

  const queryClient = useQueryClient();
  expectTypeOf(queryClient.prefetchQuery(live(trpc.posts.list.queryOptions()))).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queryClient.fetchQuery(live(trpc.posts.list.queryOptions()))).resolves.toEqualTypeOf<Post[]>();

  // @ts-expect-error an organization's query needs an organizationId
  live(trpc.projects.list.queryOptions());
  // @ts-expect-error a mutation cannot be live
  live(trpc.posts.create.mutationOptions());
}

export function useOptimisticTypes(draft: Post): void {
  const trpc = useTRPC();
  const create = useMutation(
    optimistic(
      trpc.posts.create,
      (cache, post) => {
        expectTypeOf(post).toEqualTypeOf<{ title: string; body: string; done?: boolean | undefined }>();
        cache.update(trpc.posts.list.queryKey(), (posts) => {
          expectTypeOf(posts).toEqualTypeOf<Post[]>();
          return [draft, ...posts];
        });
        // @ts-expect-error a list of posts is not a list of strings
        cache.update(trpc.posts.list.queryKey(), () => ["x"]);
      },
      {
        onSuccess: (post) => expectTypeOf(post).toEqualTypeOf<Post>(),
        onError: (error, input) => {
          expectTypeOf(error).toExtend<TRPCClientErrorLike<AppRouter>>();
          expectTypeOf(input.title).toEqualTypeOf<string>();
        },
      },
    ),
  );
  expectTypeOf(create.data).toEqualTypeOf<Post | undefined>();
  create.mutate({ title: "x", body: "" });
  // @ts-expect-error the router has no field `name`
  create.mutate({ name: "x", body: "" });
  // @ts-expect-error a query changes nothing
  optimistic(trpc.posts.list, () => {});
  // @ts-expect-error `onMutate` is set by the optimistic change
  optimistic(trpc.posts.create, () => {}, { onMutate() {} });
}
