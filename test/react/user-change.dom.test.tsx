import { keepPreviousData, QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { sendToServer, live, openTab, optimistic, show, signUp, useSession, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList } from "./notes.js";
import { skip, skipUntil, useSkippableTime } from "./skip-time.js";

useSkippableTime();
afterEach(cleanup);

const password = "correct horse battery";
type Send = typeof sendToServer;

/** A user, with a client in another browser. */
async function notesOf({ email }: Person, list: string): Promise<string[]> {
  const { client } = openTab({ cookie: "" });
  await client.auth.login.mutate({ email, password });
  return (await client.notes.of.query({ list })).map(({ text }) => text);
}

interface PageProps {
  readonly list: string;
  /** Receives everything that is rendered, with the user for whom it is rendered. */
  readonly rendered: string[];
  readonly previous?: boolean;
}

/** The signed-in user's list of notes, and a button that adds one. */
function Page({ list, rendered, previous = false }: PageProps) {
  const trpc = useTRPC();
  const { user } = useSession();
  const options = trpc.notes.of.queryOptions({ list });
  const { data } = useQuery(previous ? { ...options, placeholderData: keepPreviousData } : live(options));
  const add = useMutation(
    optimistic(trpc.notes.create, (cache, note) =>
      cache.update(trpc.notes.of.queryKey({ list }), (notes) => [...notes, { ...note, id: "new" } as never]),
    ),
  );
  const texts = data?.map(({ text }) => text).join() ?? "…";
  rendered.push(`${user?.email ?? "nobody"}: ${texts}`);
  return (
    <main>
      <p>{texts}</p>
      <i>{add.status}</i>
      <button onClick={() => add.mutate({ list, text: "of the page" })}>Add</button>
    </main>
  );
}

/** Two users, the first of whom is signed in in a browser. */
async function open() {
  const ada = await signUp();
  const bob = await signUp();
  // All clients of a file are tabs of one browser by their URL: the messages of these two arrive before the test starts.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { ada, bob, list: freshList(), rendered: [] as string[] };
}

/** Loses the first requests of a path. */
function losing(path: string, count: number): Send & { lost: number } {
  const send = Object.assign(
    async (url: string, init: Parameters<Send>[1]) => {
      if (!url.includes(path) || send.lost >= count) return sendToServer(url, init);
      send.lost++;
      throw new TypeError("fetch failed");
    },
    { lost: 0 },
  );
  return send as Send & { lost: number };
}

/** Delays the requests with a text in their URL until they are released. */
function delay(text: string) {
  const delayed: (() => void)[] = [];
  const send: Send = async (url, init) => {
    if (decodeURIComponent(url).includes(text)) await new Promise<void>((resolve) => delayed.push(resolve));
    return sendToServer(url, init);
  };
  return { send, delayed, release: () => delayed.splice(0).forEach((go) => go()) };
}

describe.each(["this tab", "another tab"])("when another user signs in in %s", (where) => {
  const signIn = (ada: Person, tab: ReturnType<typeof show>, { email }: Person): Promise<unknown> =>
    act(() => (where === "this tab" ? tab.client : openTab(ada.jar).client).auth.login.mutate({ email, password }));

  it("does not retry a mutation of the previous user", async () => {
    const { ada, bob, list, rendered } = await open();
    const send = losing("notes.create", Infinity);
    const queryClient = new QueryClient({
      defaultOptions: { queries: { retry: false }, mutations: { retry: 3, retryDelay: 5_000 } },
    });
    const tab = show(ada.jar, <Page list={list} rendered={rendered} />, { send, queryClient });
    await waitFor(() => expect(rendered.at(-1)).toBe(`${ada.email}: `), eventually);
    act(() => tab.screen.getByRole("button").click());
    await waitFor(() => expect(send.lost).toBeGreaterThan(0), eventually);
    await signIn(ada, tab, bob);
    await waitFor(() => expect(rendered.at(-1)).toBe(`${bob.email}: `), eventually);
    // Neither the client nor TanStack Query sends it again as the new user.
    const { lost } = send;
    await skip(6_000);
    expect(await notesOf(bob, list)).toEqual([]);
    expect(await notesOf(ada, list)).toEqual([]);
    await skipUntil(() => expect(tab.container.querySelector("i")?.textContent).not.toBe("pending"));
    expect(send.lost).toBe(lost);
  }, 40_000);

  it("reverts an optimistic change of the previous user, and stores nothing for the new one", async () => {
    const { ada, bob, list, rendered } = await open();
    const { send, delayed, release } = delay("notes.create");
    const tab = show(ada.jar, <Page list={list} rendered={rendered} />, { send });
    await waitFor(() => expect(rendered.at(-1)).toBe(`${ada.email}: `), eventually);
    act(() => tab.screen.getByRole("button").click());
    await waitFor(() => expect(delayed).toHaveLength(1), eventually);
    expect(rendered.at(-1)).toBe(`${ada.email}: of the page`);
    await signIn(ada, tab, bob);
    // The request was created before, and is sent only now: with the cookies of the new user.
    act(release);
    await waitFor(() => expect(rendered.at(-1)).toBe(`${bob.email}: `), eventually);
    expect(await notesOf(bob, list)).toEqual([]);
    expect(rendered.filter((text) => text.startsWith(bob.email) && text.includes("of the page"))).toEqual([]);
  }, 40_000);

  it("does not show the previous data of the previous user while the new user's data is loaded", async () => {
    const { ada, bob, list, rendered } = await open();
    await ada.client.notes.create.mutate({ list, text: "Ada's own" });
    const other = freshList();
    const { send, delayed, release } = delay(other);
    const page = (of: string) => <Page list={of} rendered={rendered} previous />;
    const tab = show(ada.jar, page(list), { send });
    await waitFor(() => expect(rendered.at(-1)).toBe(`${ada.email}: Ada's own`), eventually);
    tab.rerender(page(other));
    await waitFor(() => expect(delayed).toHaveLength(1), eventually);
    await signIn(ada, tab, bob);
    await waitFor(() => expect(delayed).toHaveLength(2), eventually);
    // The same request may also fetch the signed-in user.
    expect([`${bob.email}: …`, "nobody: …"]).toContain(rendered.at(-1));
    act(release);
    await waitFor(() => expect(rendered.at(-1)).toBe(`${bob.email}: `), eventually);
    expect(rendered.filter((text) => !text.startsWith(ada.email) && text.includes("Ada's own"))).toEqual([]);
  }, 40_000);
});
