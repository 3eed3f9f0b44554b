import { hashKey, InfiniteQueryObserver, notifyManager, QueryClient, QueryObserver } from "@tanstack/query-core";
import { afterEach, expect, it, vi } from "vitest";
import { bridgeOf } from "../../../src/client/live/bridges.js";
import { createLiveBridge } from "../../../src/client/live/create-live-bridge.js";
import { live } from "../../../src/client/live/live.js";
import { createScriptedServer } from "./scripted-server.js";

type Server = ReturnType<typeof createScriptedServer>;

const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function connect(server: Server = createScriptedServer()) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const bridge = createLiveBridge({ client: server.client, queryClient, notifyManager, onFlushed: server.onFlushed });
  bridge.connect();
  open.push(bridge.disconnect, () => queryClient.clear());
  return { server, queryClient, bridge };
}

/** Options as `@trpc/tanstack-react-query` makes them. */
function optionsOf(server: Server, path: string, input?: unknown, more: object = {}) {
  return {
    queryKey: [path.split("."), { ...(input !== undefined && { input }), type: "query" }],
    queryFn: () => (server.client as any)[path.split(".")[0]!][path.split(".")[1]!].query(input) as Promise<unknown>,
    trpc: { path },
    ...more,
  };
}

/** Watches a query, and notes what it shows. */
function watch(queryClient: QueryClient, options: ReturnType<typeof optionsOf>) {
  const observer = new QueryObserver(queryClient, options);
  const shown: unknown[] = [];
  // As an adapter does, which renders what there is at the end of a batch.
  const render = notifyManager.batchCalls(() => {
    const { data } = observer.getCurrentResult();
    if (data !== undefined && shown.at(-1) !== data) shown.push(data);
  });
  const stop = observer.subscribe(render);
  return { shown, stop, observer };
}

it("C3 one subscription serves all who look at a query, and its first event is the result", async () => {
  const { server, queryClient, bridge } = connect();
  server.firstIs(() => ["one"]);
  const options = live(optionsOf(server, "posts.list"));
  expect(bridge.status()).toBe("idle");
  const [a, b] = [watch(queryClient, options), watch(queryClient, options)];
  await tick(20);
  expect(server.opened).toEqual([{ path: "posts.list", input: undefined }]);
  expect(server.asked).toEqual([]);
  expect(bridge.status()).toBe("live");

  server.tell("posts.list", ["one", "two"]);
  server.flush();
  await tick(20);
  expect(a.shown).toEqual([["one"], ["one", "two"]]);
  expect(b.shown).toEqual(a.shown);
});

it("C3 it ends when nobody has looked for as long as the cache keeps it, and not before", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const options = live(optionsOf(server, "posts.list", undefined, { gcTime: 50 }));
  const { stop } = watch(queryClient, options);
  await tick(10);
  stop();
  await tick(10);
  expect(server.open()).toHaveLength(1);
  await tick(80);
  expect(server.open()).toEqual([]);
});

it("E4 what one flush changed is shown at once: two queries never disagree", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 0);
  const list = watch(queryClient, live(optionsOf(server, "posts.list")));
  const count = watch(queryClient, live(optionsOf(server, "posts.count")));
  await tick(20);
  const pairs: unknown[] = [];
  for (const { observer } of [list, count]) {
    const render = notifyManager.batchCalls(() => {
      pairs.push([list.observer.getCurrentResult().data, count.observer.getCurrentResult().data]);
    });
    observer.subscribe(render);
  }
  for (const round of [1, 2]) {
    server.tell("posts.list", round);
    await tick();
    server.tell("posts.count", round);
    await tick();
    // All of it is there, and nothing says so yet.
    expect(list.shown.at(-1)).toBe(round - 1);
    server.flush();
    await tick();
  }
  expect(pairs).toEqual([
    [1, 1],
    [1, 1],
    [2, 2],
    [2, 2],
  ]);
});

it("E4 an organization's flush shows nothing of another owner", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 0);
  const own = watch(queryClient, live(optionsOf(server, "posts.list")));
  const theirs = watch(queryClient, live(optionsOf(server, "projects.list", { organizationId: "acme" })));
  await tick(20);
  expect(server.opened[1]).toEqual({
    organizationId: "acme",
    path: "projects.list",
    input: { organizationId: "acme" },
  });
  server.tell("posts.list", 1);
  server.tell("projects.list", 1);
  server.flush("acme");
  await tick();
  expect([own.shown.at(-1), theirs.shown.at(-1)]).toEqual([0, 1]);
  server.flush();
  await tick();
  expect([own.shown.at(-1), theirs.shown.at(-1)]).toEqual([1, 1]);
});

it("C3 the query's own error lands in the query; asked again, it is kept current again", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.byId", { id: "x" })));
  await tick(20);
  server.fail("posts.byId", new Error("There is no such post."));
  await tick();
  const failed = observer.getCurrentResult();
  expect([failed.status, failed.data, failed.error?.message]).toEqual(["error", 1, "There is no such post."]);
  expect(server.open()).toEqual([]);

  await observer.refetch();
  expect(server.open()).toHaveLength(1);
  expect(observer.getCurrentResult().status).toBe("success");
});

it("C3 an error of the first run is told by the fetch, with TanStack's own retries", async () => {
  const { server, queryClient } = connect();
  const { observer } = watch(
    queryClient,
    live(optionsOf(server, "posts.list", undefined, { retry: 1, retryDelay: 5 })),
  );
  await tick(10);
  server.fail("posts.list", new Error("once"));
  await tick(30);
  expect(server.opened).toHaveLength(2);
  server.fail("posts.list", new Error("twice"));
  await tick(20);
  expect(observer.getCurrentResult().error?.message).toBe("twice");
});

it("E4 without a connection the last data stays, and it says so; a first read goes over HTTP", async () => {
  const { server, queryClient, bridge } = connect();
  server.firstIs(() => "told");
  const { shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await tick(20);
  server.state("connecting", new Error("The network is down."));
  expect(bridge.status()).toBe("connecting");

  server.firstIs(undefined);
  server.answerIs(() => "answered");
  const notes = watch(queryClient, live(optionsOf(server, "notes.list")));
  await tick(10);
  server.state("connecting", new Error("The network is down."));
  await tick(20);
  expect([shown, notes.shown]).toEqual([["told"], ["answered"]]);

  server.state("pending");
  expect(bridge.status()).toBe("live");
  server.tell("notes.list", "told");
  server.flush();
  await tick();
  expect(notes.shown).toEqual(["answered", "told"]);
});

it("C3 turned off, it is not subscribed to; turned on, it is", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const { observer } = watch(queryClient, live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  await tick(10);
  expect(server.opened).toEqual([]);
  observer.setOptions(live(optionsOf(server, "posts.list")));
  await tick(20);
  expect(observer.getCurrentResult().data).toBe(1);
  observer.setOptions(live(optionsOf(server, "posts.list", undefined, { enabled: false })));
  expect(server.open()).toEqual([]);
});

it("C3 fetched in advance it is read once, and kept current as soon as somebody looks", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  await queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  expect([server.opened.length, server.asked.length]).toEqual([1, 0]);
  const { shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await tick(20);
  expect(shown).toEqual([]);
  expect(server.opened).toHaveLength(1);
});

it("C3 fetched in advance and never looked at, it is not kept current for long", async () => {
  vi.useFakeTimers();
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const fetched = queryClient.prefetchQuery(live(optionsOf(server, "posts.list")));
  await vi.advanceTimersByTimeAsync(10);
  await fetched;
  expect(server.open()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.open()).toEqual([]);
  vi.useRealTimers();
});

it("C3 a refetch asks the server, and never overwrites what was told meanwhile", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => "first");
  const { observer, shown } = watch(queryClient, live(optionsOf(server, "posts.list")));
  await tick(20);
  server.answerIs(() => "asked");
  await observer.refetch();
  expect(observer.getCurrentResult().data).toBe("asked");

  const slow = Promise.withResolvers<string>();
  server.answerIs(() => slow.promise);
  const refetched = observer.refetch();
  await tick();
  server.tell("posts.list", "told");
  server.flush();
  await tick();
  slow.resolve("older");
  await refetched;
  await tick();
  expect(shown).toEqual(["first", "asked", "told"]);
});

it("C3 without a bridge, as on a server that renders, it is an ordinary query", async () => {
  const server = createScriptedServer();
  server.answerIs(() => "answered");
  const queryClient = new QueryClient();
  expect(await queryClient.fetchQuery(live(optionsOf(server, "posts.list")))).toBe("answered");
  expect(server.opened).toEqual([]);
});

it("C3 what is removed or reset is not subscribed to any more", async () => {
  const { server, queryClient } = connect();
  server.firstIs(() => 1);
  const options = live(optionsOf(server, "posts.list"));
  const { observer } = watch(queryClient, options);
  await tick(20);
  queryClient.getQueryCache().get(hashKey(options.queryKey))?.reset();
  expect(server.open()).toEqual([]);
  expect(observer.getCurrentResult().data).toBeUndefined();
  await observer.refetch();
  expect(server.open()).toHaveLength(1);
  queryClient.clear();
  expect(server.open()).toEqual([]);
});

/** Numbers in pages of two, after a cursor. */
function pagesOf(numbers: () => readonly number[]) {
  return (_path: string, input: unknown) => {
    const { cursor = -1 } = input as { cursor?: number };
    const items = numbers()
      .filter((number) => number > cursor)
      .slice(0, 2);
    return { items, next: items.length === 2 ? items[1]! : null };
  };
}

it("C3 each page of an infinite query stays current, also when a page comes to end elsewhere", async () => {
  const { server, queryClient } = connect();
  let numbers = [1, 2, 3, 4, 5];
  const answer = pagesOf(() => numbers);
  server.firstIs(answer);
  const observer = new InfiniteQueryObserver(queryClient, {
    ...live({
      queryKey: [["posts", "pages"], { type: "infinite" }],
      queryFn: () => Promise.reject(new Error("not over HTTP")),
      trpc: { path: "posts.pages" },
    }),
    initialPageParam: undefined as number | null | undefined,
    getNextPageParam: (page: unknown) => (page as { next: number | null }).next,
  });
  observer.subscribe(() => {});
  await tick(20);
  await observer.fetchNextPage();
  const items = () =>
    (observer.getCurrentResult().data as any)?.pages.map((page: { items: number[] }) => page.items.join());
  expect(items()).toEqual(["1,2", "3,4"]);
  expect(server.open().map(({ input }) => (input as { cursor?: number }).cursor)).toEqual([undefined, 2]);

  const tellAll = (): void => {
    for (const { input } of server.open()) {
      server.tell("posts.pages", answer("", input), (other) => other === input);
    }
    server.flush();
  };
  // In the second page: the first is the same.
  numbers = [1, 2, 3, 3.5, 4, 5];
  tellAll();
  await tick(20);
  expect(items()).toEqual(["1,2", "3,3.5"]);

  // In the first page: the second begins elsewhere now, and nothing is lost between them.
  numbers = [0, 1, 2, 3, 3.5, 4, 5];
  tellAll();
  await tick(30);
  expect(items()).toEqual(["0,1", "2,3"]);
  expect(server.open().map(({ input }) => (input as { cursor?: number }).cursor)).toEqual([undefined, 1]);
  expect(server.asked).toEqual([]);
});

const rowOf = (server: Server, list: unknown[]) => {
  server.tell("posts.list", list);
  server.flush();
};

/** An optimistic row, on a list that has one already. */
async function withOptimisticRow() {
  const made = connect();
  const { server, queryClient } = made;
  server.firstIs(() => ["old"]);
  const options = live(optionsOf(server, "posts.list"));
  const watched = watch(queryClient, options);
  await tick(20);
  const add = (row: string) =>
    bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, (rows: string[]) => [...rows, `${row}?`]));
  return { ...made, ...watched, add };
}

it("C1 an optimistic change that fails is taken back, whatever was told meanwhile", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const layer = add("new");
  await tick();
  rowOf(server, ["old", "of another"]);
  await tick();
  expect(shown.at(-1)).toEqual(["old", "new?"]);
  layer.fail();
  await tick();
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "of another"]]);
});

it("C1 one that succeeds goes over to the server's result, never missing and never doubled", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const layer = add("new");
  await tick();
  rowOf(server, ["old", "new"]);
  await tick();
  // Of a later flush, which is not complete.
  server.tell("posts.list", ["old", "new", "half"]);
  layer.succeed();
  await tick();
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
  server.flush();
  await tick();
  expect(shown.at(-1)).toEqual(["old", "new", "half"]);
});

it("C1 of two at once, each goes over when both are known of", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  rowOf(server, ["old", "one"]);
  one.succeed();
  await tick();
  rowOf(server, ["old", "one", "two"]);
  two.succeed();
  await tick();
  expect(shown).toEqual([["old"], ["old", "one?", "two?"], ["old", "one", "two"]]);
});

it("C1 of two at once, one that fails leaves the other", async () => {
  const { server, shown, add } = await withOptimisticRow();
  const [one, two] = [add("one"), add("two")];
  one.fail();
  await tick();
  expect(shown.at(-1)).toEqual(["old", "two?"]);
  rowOf(server, ["old", "two"]);
  two.succeed();
  await tick();
  expect(shown.at(-1)).toEqual(["old", "two"]);
});

it("C1 a deletion that the server's result equals stays deleted", async () => {
  const { server, queryClient, shown } = await withOptimisticRow();
  const key = optionsOf(server, "posts.list").queryKey;
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(key, () => []));
  await tick();
  rowOf(server, []);
  layer.succeed();
  await tick();
  expect(shown).toEqual([["old"], []]);
  rowOf(server, ["later"]);
  await tick();
  expect(shown.at(-1)).toEqual(["later"]);
});

it("C1 on a query that nothing is told of, it stays until the query was asked again", async () => {
  const { server, queryClient } = connect();
  server.answerIs(() => ["old"]);
  const options = optionsOf(server, "posts.list", undefined, { staleTime: Infinity });
  const { shown } = watch(queryClient, options);
  await tick(20);
  const layer = bridgeOf(queryClient)!.begin((cache) => cache.update(options.queryKey, () => ["old", "new?"]));
  await tick();
  const answer = Promise.withResolvers<string[]>();
  server.answerIs(() => answer.promise);
  layer.succeed();
  await tick(20);
  expect(shown.at(-1)).toEqual(["old", "new?"]);
  answer.resolve(["old", "new"]);
  await tick(10);
  expect(shown).toEqual([["old"], ["old", "new?"], ["old", "new"]]);
});

it("C1 one without an end holds nothing back for long", async () => {
  const { server, shown, add } = await withOptimisticRow();
  vi.useFakeTimers();
  add("new");
  rowOf(server, ["old", "of another"]);
  await vi.advanceTimersByTimeAsync(2_100);
  vi.useRealTimers();
  expect(shown.at(-1)).toEqual(["old", "of another", "new?"]);
});
