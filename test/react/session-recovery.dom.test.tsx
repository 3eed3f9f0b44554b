import { QueryClient, useQuery } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sendToServer, show, signUp, useSession, useTRPC, type Person } from "./live-app.js";
import { eventually, freshList } from "./notes.js";
import { skip, skipUntil, useSkippableTime } from "./skip-time.js";

type Send = typeof sendToServer;

useSkippableTime();

let ada: Person;
beforeEach(async () => void (ada = await signUp()), 60_000);
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

interface PageProps {
  readonly states: string[];
  readonly list?: string;
}

/** Shows the signed-in user, and one of their ordinary queries. */
function Page({ states, list = "none" }: PageProps) {
  const trpc = useTRPC();
  const session = useSession();
  const options = trpc.notes.of.queryOptions({ list }, { enabled: session.status === "signedIn", staleTime: Infinity });
  const { data } = useQuery(options);
  const notes = session.status === "signedIn" ? ` ${data?.map(({ text }) => text).join() ?? "…"}` : "";
  const state = `${session.status}${notes}`;
  if (states.at(-1) !== state) states.push(state);
  return <p>{session.status === "error" ? session.error.message : state}</p>;
}

/** A connection that can be cut. */
function cuttable() {
  const connection = { isUp: true, tries: 0 };
  const send: Send = (url, init) => {
    connection.tries++;
    return connection.isUp ? sendToServer(url, init) : Promise.reject(new TypeError("Failed to fetch"));
  };
  return { connection, send };
}

const goOffline = () => vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
const reaches = (states: string[], state: string) => waitFor(() => expect(states.at(-1)).toBe(state), eventually);

it("shows that a page starts offline, and recovers with the network", async () => {
  const { connection, send } = cuttable();
  const states: string[] = [];
  const offline = goOffline();
  connection.isUp = false;
  const tab = show(ada.jar, <Page states={states} />, { send, queryClient: "default" });
  await reaches(states, "error");
  expect(tab.container.textContent).toContain("There is no network");
  expect(states).toEqual(["loading", "error"]);
  offline.mockReturnValue(true);
  connection.isUp = true;
  act(() => void window.dispatchEvent(new Event("online")));
  await reaches(states, "signedIn ");
  // It never shows `loading` a second time.
  expect(states.slice(0, 3)).toEqual(["loading", "error", "signedIn …"]);
});

it("stays in `error` while the server is unreachable, and recovers", async () => {
  const { connection, send } = cuttable();
  const states: string[] = [];
  connection.isUp = false;
  show(ada.jar, <Page states={states} />, { send, queryClient: "default" });
  await skipUntil(() => expect(states.at(-1)).toBe("error"));
  const { tries } = connection;
  await skipUntil(() => expect(connection.tries).toBeGreaterThan(tries + 1));
  expect(states).toEqual(["loading", "error"]);
  connection.isUp = true;
  await skipUntil(() => expect(states.at(-1)).toBe("signedIn "));
}, 40_000);

it("keeps a known user signed in while the network is unavailable", async () => {
  const { connection, send } = cuttable();
  const states: string[] = [];
  show(ada.jar, <Page states={states} />, { send, queryClient: "default" });
  await reaches(states, "signedIn ");
  const offline = goOffline();
  connection.isUp = false;
  act(() => void window.dispatchEvent(new Event("offline")));
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  await skip(100);
  expect(states.at(-1)).toBe("signedIn ");
  offline.mockReturnValue(true);
  connection.isUp = true;
  act(() => void window.dispatchEvent(new Event("online")));
  await skip(100);
  expect(states).toEqual(["loading", "signedIn …", "signedIn "]);
});

describe.each(["pageshow", "visibilitychange", "online"] as const)("on %s", (event) => {
  const happen = (): void =>
    act(() => {
      if (event === "visibilitychange") document.dispatchEvent(new Event(event));
      else window.dispatchEvent(Object.assign(new Event(event), { persisted: true }));
    });

  async function open() {
    const list = freshList();
    await ada.client.notes.create.mutate({ text: "Ada's own", list });
    const states: string[] = [];
    const tab = show(ada.jar, <Page states={states} list={list} />, { queryClient: new QueryClient() });
    await reaches(states, "signedIn Ada's own");
    return { list, states, tab };
  }

  it("keeps the same user and the data", async () => {
    const { states, tab } = await open();
    const requests = tab.requests.length;
    happen();
    await waitFor(() => expect(tab.requests.length).toBeGreaterThan(requests), eventually);
    await reaches(states, "signedIn Ada's own");
    expect(tab.requests.slice(requests)).toEqual(["auth.me"]);
  });

  it("detects that the user was signed out without a message, and deletes the data", async () => {
    const { list, states, tab } = await open();
    const { cookie } = ada.jar;
    ada.jar.cookie = "";
    const before = states.length;
    happen();
    await reaches(states, "signedOut");
    expect(tab.queryClient.getQueryData([["notes", "of"], { input: { list }, type: "query" }])).toBeUndefined();
    if (event === "pageshow") expect(states.slice(before)).toEqual(["loading", "signedOut"]);
    ada.jar.cookie = cookie;
  });

  it("detects that a user has signed in without a message", async () => {
    const { cookie } = ada.jar;
    ada.jar.cookie = "";
    const states: string[] = [];
    show(ada.jar, <Page states={states} />, { queryClient: "default" });
    await reaches(states, "signedOut");
    ada.jar.cookie = cookie;
    happen();
    await reaches(states, "signedIn ");
  });

  it("detects that another user has signed in without a message, and shows nothing of the first", async () => {
    const { states } = await open();
    const bob = await signUp();
    ada.jar.cookie = bob.jar.cookie;
    const before = states.length;
    happen();
    await reaches(states, "signedIn ");
    if (event === "pageshow") expect(states.slice(before).filter((state) => state.includes("Ada"))).toEqual([]);
  });
});

it("checks the session after the back/forward cache also on a page without useSession", async () => {
  const tab = show(ada.jar, <p>a page</p>, { queryClient: "default" });
  act(() => void window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })));
  await waitFor(() => expect(tab.requests).toEqual(["auth.me"]), eventually);
  act(() => void window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false })));
  await skip(50);
  expect(tab.requests).toEqual(["auth.me"]);
});
