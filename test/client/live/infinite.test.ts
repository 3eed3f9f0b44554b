import { InfiniteQueryObserver } from "@tanstack/query-core";
import { expect, it } from "vitest";
import { live } from "../../../src/client/live/live.js";
import { connect, runTasks } from "./page.js";

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

it("keeps each page of an infinite query current, also when a page's boundary moves", async () => {
  const { server, queryClient } = connect();
  let numbers = [1, 2, 3, 4, 5];
  const response = pagesOf(() => numbers);
  server.setFirst(response);
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
  await runTasks();
  await observer.fetchNextPage();
  const items = () =>
    (observer.getCurrentResult().data as any)?.pages.map((page: { items: number[] }) => page.items.join());
  expect(items()).toEqual(["1,2", "3,4"]);
  expect(server.open().map(({ input }) => (input as { cursor?: number }).cursor)).toEqual([undefined, 2]);

  const sendAll = (): void => {
    for (const { input } of server.open()) {
      server.send("posts.pages", response("", input), (other) => other === input);
    }
    server.flush();
  };
  // A row of the second page; the first page does not change.
  numbers = [1, 2, 3, 3.5, 4, 5];
  sendAll();
  await runTasks();
  expect(items()).toEqual(["1,2", "3,3.5"]);

  // A row of the first page: the second page now starts elsewhere, and no row is lost between them.
  numbers = [0, 1, 2, 3, 3.5, 4, 5];
  sendAll();
  await runTasks();
  expect(items()).toEqual(["0,1", "2,3"]);
  expect(server.open().map(({ input }) => (input as { cursor?: number }).cursor)).toEqual([undefined, 1]);
  expect(server.requests).toEqual([]);
});
