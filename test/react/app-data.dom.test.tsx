import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, it } from "vitest";
import { live, show, signUp, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList, shows } from "./notes.js";

let ada: Person;
let bob: Person;
beforeAll(async () => {
  ada = await signUp();
  bob = await signUp();
}, 60_000);
afterEach(cleanup);

function Headlines({ list }: { readonly list: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(live(trpc.headlines.of.queryOptions({ list })));
  return <p>{data?.map(({ text }) => text).join() ?? "…"}</p>;
}

it("shows what another user writes to the data of the whole app", async () => {
  const list = freshList();
  const tab = show(
    ada.jar,
    <>
      <Headlines list={list} />
      <Headlines list={list} />
    </>,
  );
  await waitFor(() => expect(tab.container.textContent).toBe(""), eventually);
  await bob.client.headlines.create.mutate({ list, text: "one" });
  await shows(tab, "oneone");
  await bob.client.headlines.create.mutate({ list, text: "two" });
  await shows(tab, "one,twoone,two");
  expect(tab.requests).toEqual([]);
  const urls = tab.sockets.map(({ url }) => new URL(url).search).filter((search) => search.includes("app"));
  expect(urls).toHaveLength(1);
});

it("resolves a mutation after the page's own live query shows it", async () => {
  const list = freshList();
  const shown: (string | undefined)[] = [];
  function Writer() {
    const trpc = useTRPC();
    const { data } = useQuery(live(trpc.headlines.of.queryOptions({ list })));
    const queryClient = useQueryClient();
    const { mutateAsync } = useMutation(trpc.headlines.create.mutationOptions());
    const write = async (): Promise<void> => {
      await mutateAsync({ list, text: `row ${data?.length}` });
      const cached = queryClient.getQueryData(trpc.headlines.of.queryKey({ list }));
      shown.push(cached?.map(({ text }) => text).join());
    };
    return (
      <>
        <p>{data?.map(({ text }) => text).join() ?? "…"}</p>
        <button onClick={() => void write()}>Write</button>
      </>
    );
  }
  const tab = show(ada.jar, <Writer />);
  await waitFor(() => expect(tab.container.querySelector("p")?.textContent).toBe(""), eventually);
  for (const expected of ["row 0", "row 0,row 1"]) {
    act(() => tab.screen.getByRole("button").click());
    await waitFor(() => expect(shown.at(-1)).toBe(expected), eventually);
  }
  expect(shown).toEqual(["row 0", "row 0,row 1"]);
});

it("shows data of the user and of the app beside each other", async () => {
  const list = freshList();
  function Both() {
    const trpc = useTRPC();
    const { data: notes } = useQuery(live(trpc.notes.of.queryOptions({ list })));
    const { data: headlines } = useQuery(live(trpc.headlines.of.queryOptions({ list })));
    return <p>{`${notes?.length} ${headlines?.length}`}</p>;
  }
  const tab = show(ada.jar, <Both />);
  await shows(tab, "0 0");
  await Promise.all([
    ada.client.notes.create.mutate({ list, text: "mine" }),
    bob.client.headlines.create.mutate({ list, text: "everyone's" }),
  ]);
  await shows(tab, "1 1");
});
