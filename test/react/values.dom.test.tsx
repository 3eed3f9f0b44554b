import {
  dehydrate,
  hydrate,
  HydrationBoundary,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  type DehydratedState,
} from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createQueryClient } from "trpc-userdo/react";
import { live, openTab, optimistic, show, signUp, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList, shows } from "./notes.js";

let ada: Person;
beforeAll(async () => void (ada = await signUp()), 60_000);
afterEach(cleanup);

/** Values that JSON does not carry, two of each kind. */
const values = {
  bigint: [1n, 2n],
  Date: [new Date(1), new Date(2)],
  Map: [new Map([["a", 1n]]), new Map([["a", 2n]])],
  Set: [new Set([1n]), new Set([2n])],
  NaN: [Number.NaN, Infinity],
  "-0": [-0, 0],
  undefined: [[undefined], [null]],
  bytes: [new Uint8Array([1]), new Uint8Array([2])],
} as const;

describe.each(Object.entries(values))("an input with %s", (_, [one, other]) => {
  it("works in queries, live or not, and with optimistic changes", async () => {
    const list = freshList();
    function Echo({ value, name }: { readonly value: unknown; readonly name: string }) {
      const trpc = useTRPC();
      const input = { list, value };
      const { data } = useQuery(live(trpc.values.echo.queryOptions(input)));
      const { data: plain } = useQuery(trpc.values.echo.queryOptions({ ...input, list: `${list} plain` }));
      const create = useMutation(
        optimistic(trpc.values.create, (cache) =>
          cache.update(trpc.values.echo.queryKey(input), (before) => ({ ...before, count: before.count + 1 })),
        ),
      );
      return (
        <button onClick={() => create.mutate({ text: "a", list })} name={name}>
          {data && plain ? `${superjson.stringify(data.value)} ${data.count} ${create.status}` : "…"}
        </button>
      );
    }
    const tab = show(
      ada.jar,
      <>
        <Echo value={one} name="one" />
        <Echo value={other} name="other" />
      </>,
      { queryClient: "default" },
    );
    const [a, b] = [one, other].map((value) => superjson.stringify(value));
    await shows(tab, `${a} 0 idle${b} 0 idle`);
    act(() => tab.container.querySelector("button")?.click());
    await shows(tab, `${a} 1 success${b} 1 idle`);
  });
});

it("sends an optimistic change also beside a query that was cached before the provider", async () => {
  const list = freshList();
  const queryClient = new QueryClient();
  queryClient.setQueryData(["cached before"], 1);
  function Create() {
    const trpc = useTRPC();
    const create = useMutation(
      optimistic(trpc.values.create, (cache) =>
        cache.update(trpc.values.echo.queryKey({ list, value: 1n }), (before) => before),
      ),
    );
    return <button onClick={() => create.mutate({ text: "a", list })}>{create.error?.message ?? create.status}</button>;
  }
  const tab = show(ada.jar, <Create />, { queryClient });
  act(() => tab.container.querySelector("button")?.click());
  await shows(tab, "success");
  expect(queryClient.getQueryData(["cached before"])).toBe(1);
});

it("keeps a query with a bigint page cursor live", async () => {
  const list = freshList();
  function Pages() {
    const trpc = useTRPC();
    const { data, fetchNextPage } = useInfiniteQuery(
      live(
        trpc.values.pages.infiniteQueryOptions({ list }, { initialCursor: 0n, getNextPageParam: (page) => page.next }),
      ),
    );
    return (
      <button onClick={() => void fetchNextPage()}>{data?.pages.map(({ texts }) => texts.join("")).join("|")}</button>
    );
  }
  for (const text of ["a", "b", "c"]) await ada.client.values.create.mutate({ text, list });
  const tab = show(ada.jar, <Pages />);
  await shows(tab, "ab");
  act(() => tab.container.querySelector("button")?.click());
  await shows(tab, "ab|c");
  await ada.client.values.create.mutate({ text: "d", list });
  await shows(tab, "ab|cd");
  expect(tab.requests).toEqual([]);
});

describe.each([
  ["JSON", (state: DehydratedState): DehydratedState => JSON.parse(JSON.stringify(state))],
  ["superjson", (state: DehydratedState): DehydratedState => superjson.parse(superjson.stringify(state))],
])("server-rendered data, sent as %s", (_, send) => {
  it("has its dates in the first render, and is live from then on", async () => {
    const list = freshList();
    await ada.client.values.create.mutate({ text: "rendered", list });
    const onServer = createQueryClient();
    const trpc = createTRPCOptionsProxy({ client: openTab(ada.jar).client, queryClient: onServer });
    const at = new Date(1_000);
    await onServer.prefetchQuery(live(trpc.values.echo.queryOptions({ list, value: at })));
    const state = send(dehydrate(onServer));
    const renders: string[] = [];
    function Echo() {
      const own = useTRPC();
      const { data } = useQuery(live(own.values.echo.queryOptions({ list, value: at })));
      const text = `${(data?.value as Date | undefined)?.toISOString()} ${data?.count}`;
      renders.push(text);
      return <p>{text}</p>;
    }
    const tab = show(
      ada.jar,
      <HydrationBoundary state={state}>
        <Echo />
      </HydrationBoundary>,
      { queryClient: "default" },
    );
    expect(renders[0]).toBe("1970-01-01T00:00:01.000Z 1");
    await ada.client.values.create.mutate({ text: "written", list });
    await shows(tab, "1970-01-01T00:00:01.000Z 2");
    expect(renders.filter((text) => !text.startsWith("1970"))).toEqual([]);
    expect(tab.requests).toEqual([]);
  });
});

it("hydrates data that was dehydrated without these defaults", () => {
  const queryClient = createQueryClient();
  const plain = new QueryClient();
  plain.setQueryData([["posts", "list"]], [{ id: 1 }]);
  hydrate(queryClient, JSON.parse(JSON.stringify(dehydrate(plain))));
  expect(queryClient.getQueryData([["posts", "list"]])).toEqual([{ id: 1 }]);
});

it("does not override an app's own serialization, at either end", () => {
  const hydrateOnly = createQueryClient({ defaultOptions: { hydrate: { deserializeData: superjson.deserialize } } });
  expect(hydrateOnly.getDefaultOptions().dehydrate?.serializeData).toBeUndefined();
  const own = (key: readonly unknown[]): string => `own ${JSON.stringify(key)}`;
  const queryClient = createQueryClient({
    defaultOptions: { queries: { queryKeyHashFn: own, staleTime: 5 }, mutations: { networkMode: "online" } },
  });
  queryClient.setQueryData(["a"], 1);
  expect(queryClient.getQueryCache().getAll()[0]?.queryHash).toBe('own ["a"]');
  expect(queryClient.getDefaultOptions()).toMatchObject({
    queries: { staleTime: 5 },
    mutations: { networkMode: "online" },
    hydrate: { queries: { queryKeyHashFn: own } },
  });
});

it("restores a persisted cache with all its values and keys", async () => {
  const before = createQueryClient();
  const keys = Object.values(values).map(([value]) => [["values", "echo"], { input: { value } }]);
  for (const key of keys) before.setQueryData(key, { key });
  const stored = superjson.stringify(dehydrate(before));
  const after = createQueryClient();
  hydrate(after, superjson.parse(stored));
  for (const key of keys) {
    expect(after.getQueryData(key)).toEqual({ key });
    expect(after.getQueryCache().find({ queryKey: key })?.state.data).toEqual({ key });
  }
  await waitFor(() => expect(after.getQueryCache().getAll()).toHaveLength(keys.length), eventually);
});
