import {
  dehydrate,
  HydrationBoundary,
  skipToken,
  useInfiniteQuery,
  useQueries,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
  type DehydratedState,
} from "@tanstack/react-query";
import { act, cleanup, fireEvent, waitFor } from "@testing-library/react";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { Suspense, useState } from "react";
import { afterEach, beforeAll, expect, it } from "vitest";
import { live, noRetries, openTab, show, signUp, useLiveStatus, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList, Notes, shows } from "./notes.js";

let ada: Person;
beforeAll(async () => void (ada = await signUp()), 60_000);
afterEach(cleanup);

const write = (list: string, text: string, rank = 0) => ada.client.notes.create.mutate({ text, list, rank });

it("useQuery shows what others write, from one subscription and without a call over HTTP", async () => {
  const list = freshList();
  const tab = show(
    ada.jar,
    <>
      <Notes list={list} />
      <Notes list={list} />
    </>,
  );
  await waitFor(() => expect(tab.container.textContent).toBe(""), eventually);
  await write(list, "one");
  await shows(tab, "oneone");
  expect(tab.sent.join("").split('"_live"')).toHaveLength(2);
  expect(tab.requests).toEqual([]);
});

it("never shows half of a transaction", async () => {
  const seen: [number, number][] = [];
  function Both() {
    const trpc = useTRPC();
    const { data: tagged } = useQuery(live(trpc.notes.tagged.queryOptions()));
    const { data: raw } = useQuery(live(trpc.notes.raw.queryOptions()));
    if (tagged && raw) seen.push([tagged.length, raw[0]!.n]);
    return <p>{tagged?.length}</p>;
  }
  const tab = show(ada.jar, <Both />);
  await shows(tab, "0");
  for (const text of ["a", "b", "c"]) await ada.client.notes.createTagged.mutate({ text });
  await shows(tab, "3");
  expect(seen.filter(([one, other]) => one !== other)).toEqual([]);
});

it("keeps useSuspenseQuery, useQueries, select and skipToken live", async () => {
  const [one, two] = [freshList(), freshList()];
  function Suspended() {
    const trpc = useTRPC();
    const [chosen, choose] = useState<string>();
    const { data: notes } = useSuspenseQuery(live(trpc.notes.of.queryOptions({ list: one })));
    const both = useQueries({
      queries: [one, two].map((list) => live(trpc.notes.count.queryOptions({ list }))),
    });
    const { data: texts } = useQuery(
      live(
        trpc.notes.of.queryOptions(chosen === undefined ? skipToken : { list: chosen }, {
          select: (rows) => rows.map(({ text }) => text.toUpperCase()),
        }),
      ),
    );
    return (
      <button onClick={() => choose(two)}>
        {[notes.length, ...both.map(({ data }) => data), texts?.join() ?? "none"].join(" ")}
      </button>
    );
  }
  const tab = show(
    ada.jar,
    <Suspense fallback="waiting">
      <Suspended />
    </Suspense>,
  );
  expect(tab.container.textContent).toBe("waiting");
  await shows(tab, "0 0 0 none");
  await write(one, "first");
  await write(two, "second");
  await shows(tab, "1 1 1 none");
  act(() => tab.screen.getByRole("button").click());
  await shows(tab, "1 1 1 SECOND");
  await write(two, "third");
  await shows(tab, "1 1 2 SECOND,THIRD");
  expect(tab.requests).toEqual([]);
});

it("useInfiniteQuery keeps every page current", async () => {
  const grace = await signUp();
  for (const text of ["b", "d", "f"]) await grace.client.notes.create.mutate({ text });
  function Pages() {
    const trpc = useTRPC();
    const { data, fetchNextPage, hasNextPage } = useInfiniteQuery(
      live(trpc.notes.pages.infiniteQueryOptions({ limit: 2 }, { getNextPageParam: ({ nextCursor }) => nextCursor })),
    );
    return (
      <button onClick={() => void fetchNextPage()}>
        {data?.pages.map(({ items }) => items.map(({ text }) => text).join("")).join("|")}
        {hasNextPage ? "…" : ""}
      </button>
    );
  }
  const tab = show(grace.jar, <Pages />);
  await shows(tab, "bd…");
  act(() => tab.screen.getByRole("button").click());
  await shows(tab, "bd|f");
  await grace.client.notes.create.mutate({ text: "e" });
  await shows(tab, "bd|ef");
  // The first page now ends elsewhere, and the second starts there.
  await grace.client.notes.create.mutate({ text: "a" });
  await shows(tab, "ab|de…");
  expect(tab.requests).toEqual([]);
});

it("shows server-rendered data at once, and keeps it live from then on", async () => {
  const list = freshList();
  await write(list, "rendered");
  // Like on a server: a separate cache, without a bridge.
  const onServer = noRetries();
  const { client } = openTab(ada.jar);
  const trpc = createTRPCOptionsProxy({ client, queryClient: onServer });
  await onServer.prefetchQuery(live(trpc.notes.of.queryOptions({ list })));
  const state = JSON.parse(JSON.stringify(dehydrate(onServer))) as DehydratedState;

  const tab = show(
    ada.jar,
    <HydrationBoundary state={state}>
      <Notes list={list} />
    </HydrationBoundary>,
  );
  expect(tab.container.textContent).toBe("rendered");
  await write(list, "written");
  await shows(tab, "rendered,written");
  expect(tab.requests).toEqual([]);
});

it("shows a query's own error in the query", async () => {
  const grace = await signUp();
  function Refused() {
    const trpc = useTRPC();
    const { data, error } = useQuery(live(trpc.odd.refused.queryOptions()));
    return <p>{[data, error?.data?.code].join()}</p>;
  }
  const tab = show(grace.jar, <Refused />);
  await shows(tab, "none,");
  await grace.client.notes.create.mutate({ text: "x" });
  await shows(tab, "none,CONFLICT");
});

it("keeps the last data and reports the status without a connection, and shows missed changes afterwards", async () => {
  const list = freshList();
  const statuses: string[] = [];
  function Status() {
    const status = useLiveStatus();
    if (statuses.at(-1) !== status) statuses.push(status);
    return null;
  }
  const tab = show(
    ada.jar,
    <>
      <Notes list={list} />
      <Status />
    </>,
  );
  await waitFor(() => expect(statuses.at(-1)).toBe("live"), eventually);
  await write(list, "before");
  await shows(tab, "before");
  act(() => tab.sockets.at(-1)?.terminate());
  await waitFor(() => expect(statuses).toContain("connecting"), eventually);
  expect(tab.container.textContent).toBe("before");
  await write(list, "meanwhile");
  await shows(tab, "before,meanwhile");
  await waitFor(() => expect(statuses.at(-1)).toBe("live"), eventually);
  expect(statuses).toEqual(["idle", "connecting", "live", "connecting", "live"]);
});

it("shows a prefetched query in the first render, live, with one subscription", async () => {
  const list = freshList();
  await write(list, "fetched");
  let open = (): void => {};
  function Page() {
    const trpc = useTRPC();
    const queryClient = useQueryClient();
    const [isOpen, setOpen] = useState(false);
    open = () => setOpen(true);
    const prefetch = () => void queryClient.prefetchQuery(live(trpc.notes.of.queryOptions({ list })));
    return isOpen ? <Notes list={list} /> : <button onMouseEnter={prefetch}>closed</button>;
  }
  const tab = show(ada.jar, <Page />);
  fireEvent.mouseEnter(tab.screen.getByRole("button"));
  const [query] = tab.queryClient.getQueryCache().getAll();
  await waitFor(() => expect(query?.state.status).toBe("success"), eventually);
  act(open);
  expect(tab.container.textContent).toBe("fetched");
  await write(list, "written");
  await shows(tab, "fetched,written");
  expect(tab.sent.join("").split('"_live"')).toHaveLength(2);
  expect(tab.requests).toEqual([]);
});

it("neither runs nor renders a page's queries after a write that does not affect them", async () => {
  const grace = await signUp();
  const [mine, other] = [freshList(), freshList()];
  let renders = 0;
  function Counted() {
    const trpc = useTRPC();
    const { data } = useQuery(live(trpc.notes.of.queryOptions({ list: mine })));
    const { data: high } = useQuery(live(trpc.notes.above.queryOptions({ rank: 10 })));
    renders++;
    return <p>{data && high ? `${data.length} ${high.length}` : "…"}</p>;
  }
  const tab = show(grace.jar, <Counted />);
  await shows(tab, "0 0");
  await grace.client.trace.mutate();
  const before = renders;
  // The calls of the tab's own client: each has waited for the page's live queries.
  for (const text of ["a", "b", "c"]) await tab.client.notes.create.mutate({ text, list: other });
  expect(await grace.client.trace.mutate()).toEqual([]);
  expect(renders).toBe(before);
  await tab.client.notes.create.mutate({ text: "d", list: mine });
  await shows(tab, "1 0");
  expect(await grace.client.trace.mutate()).toEqual(["notes.of"]);
});
