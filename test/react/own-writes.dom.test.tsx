import { QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { sendToServer, live, optimistic, show, signUp, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList } from "./notes.js";

let ada: Person;
beforeAll(async () => void (ada = await signUp()), 60_000);
afterEach(cleanup);

const write = (list: string, text: string) => ada.client.notes.create.mutate({ text, list });

/** Adds to a list, and shows it; records each list that was in the document. */
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

it("replaces an optimistic row by the server's, never missing and never duplicated", async () => {
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
  // Two at once, and another client of the same account in between.
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

it("reverts an optimistic row that the server rejects, once, and shows the error", async () => {
  const list = freshList();
  let isDown = false;
  const tab = show(ada.jar, <Adding list={list} />, {
    send: (url, init) => (isDown ? Promise.reject(new TypeError("Failed to fetch")) : sendToServer(url, init)),
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

it("fails a mutation at once without a network, unless the app lets it wait", async () => {
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
  expect(waiting.requests).toEqual([]);
  isUp.mockRestore();
  act(() => void window.dispatchEvent(new Event("online")));
  // The socket reconnects. Until it is open, the client reads over HTTP too, and batches what it reads.
  const sent = (): string[] => waiting.requests.filter((paths) => paths.split(",").includes("notes.create"));
  await waitFor(() => expect(sent()).toEqual(["notes.create"]), eventually);
  await waitFor(() => expect(patient.isMutating()).toBe(0), eventually);
  expect(sent()).toEqual(["notes.create"]);
});
