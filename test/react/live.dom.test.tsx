import {
  dehydrate,
  QueryClient,
  HydrationBoundary,
  skipToken,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useSuspenseQuery,
  type DehydratedState,
} from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { Suspense, useState } from "react";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { ask, live, noRetries, openTab, optimistic, show, signUp, useLiveStatus, useTRPC } from "./live-app.js";

type Person = Awaited<ReturnType<typeof signUp>>;

let ada: Person;
beforeAll(async () => void (ada = await signUp()), 60_000);
afterEach(cleanup);

const eventually = { timeout: 10_000 };
const shows = (of: { container: Element }, text: string) =>
  waitFor(() => expect(of.container.textContent).toBe(text), eventually);

let lists = 0;
/** A list of notes that no other test writes to. */
const freshList = (): string => `list ${++lists}`;
const write = (list: string, text: string, rank = 0) => ada.client.notes.create.mutate({ text, list, rank });

/** The texts of a list. */
function Notes({ list }: { readonly list: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(live(trpc.notes.of.queryOptions({ list })));
  return <p>{data?.map(({ text }) => text).join() ?? "…"}</p>;
}

it("C3 E4 useQuery shows what others write, from one subscription and without a call over HTTP", async () => {
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
  expect(tab.asked).toEqual([]);
});

it("C3 E4 what one transaction wrote is never shown by halves", async () => {
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

it("C3 useSuspenseQuery, useQueries, select and skipToken", async () => {
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
  expect(tab.asked).toEqual([]);
});

it("C3 useInfiniteQuery keeps every page current", async () => {
  const grace = await signUp();
  for (const text of ["b", "d", "f"]) await grace.client.notes.create.mutate({ text });
  function Pages() {
    const trpc = useTRPC();
    const { data, fetchNextPage, hasNextPage } = useInfiniteQuery(
      live(trpc.notes.pages.infiniteQueryOptions({ size: 2 }, { getNextPageParam: ({ nextCursor }) => nextCursor })),
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
  // The first page ends elsewhere now, and the second begins there.
  await grace.client.notes.create.mutate({ text: "a" });
  await shows(tab, "ab|de…");
  expect(tab.asked).toEqual([]);
});

it("C3 what a server has rendered is shown at once, and live from then on", async () => {
  const list = freshList();
  await write(list, "rendered");
  // As on a server: a cache of its own, without a bridge.
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
  expect(tab.asked).toEqual([]);
});

it("C3 the query's own error lands in the query", async () => {
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

it("E4 without a connection the last data stays, with a status; what was missed is shown after", async () => {
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

/** Adds to a list, and shows it; notes each list that was in the document. */
function Adding({ list }: { readonly list: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(live(trpc.notes.of.queryOptions({ list })));
  const create = useMutation(
    optimistic(trpc.notes.create, (cache, { text }) =>
      cache.update(trpc.notes.of.queryKey({ list }), (notes) => [
        ...notes,
        { id: text, text, list, rank: 0, done: false, label: null, createdAt: new Date(), updatedAt: new Date() },
      ]),
    ),
  );
  return (
    <>
      <p>{data?.map(({ text }) => text).join() ?? "…"}</p>
      <button onClick={() => create.mutate({ list, text: `row ${data?.length}` })}>Add</button>
      <i>{create.error?.message}</i>
    </>
  );
}

function record(container: Element): string[] {
  const states: string[] = [];
  const note = (): void => {
    const text = container.querySelector("p")?.textContent;
    if (text !== undefined && text !== null && states.at(-1) !== text) states.push(text);
  };
  new MutationObserver(note).observe(container, { childList: true, characterData: true, subtree: true });
  note();
  return states;
}

it("P4 C1 an optimistic row becomes the server's, and is never missing and never doubled", async () => {
  const list = freshList();
  const tab = show(ada.jar, <Adding list={list} />);
  await waitFor(() => expect(tab.container.querySelector("p")?.textContent).toBe(""), eventually);
  const states = record(tab.container);
  const rows: string[] = [];
  for (let row = 0; row < 5; row++) {
    rows.push(`row ${row}`);
    act(() => tab.screen.getByRole("button").click());
    await waitFor(() => expect(states.at(-1)).toBe(rows.join()), eventually);
  }
  // Two at once, and another user of the same account in between.
  rows.push("row 5", "row 6");
  act(() => tab.screen.getByRole("button").click());
  await waitFor(() => expect(states.at(-1)).toContain("row 5"), eventually);
  act(() => tab.screen.getByRole("button").click());
  await write(list, "of another tab");
  await waitFor(() => expect(states.at(-1)?.split(",")).toHaveLength(8), eventually);
  await waitFor(() => expect(tab.queryClient.isMutating()).toBe(0), eventually);
  const stored = await ada.client.notes.of.query({ list });
  await waitFor(() => expect(states.at(-1)).toBe(stored.map(({ text }) => text).join()), eventually);

  for (const [index, state] of states.entries()) {
    const texts = state.split(",");
    expect(new Set(texts).size, `doubled: ${state}`).toBe(texts.length);
    const before = states[index - 1]?.split(",").filter(Boolean) ?? [];
    expect(texts, `missing after ${states[index - 1]}`).toEqual(expect.arrayContaining(before));
  }
});

it("C1 an optimistic row that the server refuses is taken back, once, and says why", async () => {
  const list = freshList();
  let isDown = false;
  const tab = show(ada.jar, <Adding list={list} />, {
    send: (url, init) => (isDown ? Promise.reject(new TypeError("Failed to fetch")) : ask(url, init)),
  });
  await write(list, "kept");
  await waitFor(() => expect(tab.container.querySelector("p")?.textContent).toBe("kept"), eventually);
  const states = record(tab.container);
  isDown = true;
  act(() => tab.screen.getByRole("button").click());
  await waitFor(
    () => expect(tab.container.querySelector("i")?.textContent).toContain("could not be reached"),
    eventually,
  );
  expect(states).toEqual(["kept", "kept,row 1", "kept"]);
});

it("C1 without a network a mutation fails at once and says so, unless the app lets it wait", async () => {
  const list = freshList();
  const isUp = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const down = (): Promise<Response> => Promise.reject(new TypeError("Failed to fetch"));
  const tab = show(ada.jar, <Adding list={list} />, { send: down });
  act(() => void window.dispatchEvent(new Event("offline")));
  act(() => tab.screen.getByRole("button").click());
  await waitFor(
    () => expect(tab.container.querySelector("i")?.textContent).toContain("There is no network"),
    eventually,
  );

  const patient = new QueryClient({ defaultOptions: { mutations: { networkMode: "online" } } });
  const waiting = show(ada.jar, <Adding list={list} />, { queryClient: patient });
  act(() => waiting.screen.getByRole("button").click());
  await waitFor(() => expect(patient.getMutationCache().getAll()[0]?.state.isPaused).toBe(true), eventually);
  expect(waiting.asked).toEqual([]);
  isUp.mockRestore();
  act(() => void window.dispatchEvent(new Event("online")));
  await waitFor(() => expect(waiting.asked).toEqual(["notes.create"]), eventually);
  await waitFor(() => expect(patient.isMutating()).toBe(0), eventually);
});
