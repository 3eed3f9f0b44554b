import "fake-indexeddb/auto";
import { useQuery, type QueryClient } from "@tanstack/react-query";
import { persistQueryClient } from "@tanstack/query-persist-client-core";
import { act, cleanup, render, waitFor } from "@testing-library/react";
import { del, get, keys, set } from "idb-keyval";
import { createTRPCClient } from "@trpc/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient, userdoLink } from "trpc-userdo/client";
import { createUserPersister, type UserStorage } from "trpc-userdo/persist";
import { createQueryClient } from "trpc-userdo/react";
import {
  live,
  openTab,
  sendToServer,
  signUp,
  UserDOProvider,
  useLiveStatus,
  useSession,
  useTRPC,
} from "../react/live-app.js";
import type { LiveRouter } from "../fixtures/app/live.js";
import { eventually } from "../react/notes.js";

type Person = Awaited<ReturnType<typeof signUp>>;

/** IndexedDB, as an app uses it. */
const storage: UserStorage = { getItem: (key) => get<string>(key), setItem: set, removeItem: del };

let ada: Person;
beforeEach(async () => void (ada = await signUp()), 60_000);
afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  await del("trpc-userdo");
});

function Page() {
  const trpc = useTRPC();
  const session = useSession();
  const { data } = useQuery(live(trpc.notes.of.queryOptions({ list: "shopping" })));
  const notes = data?.map(({ text }) => text).join() ?? "…";
  return <p>{`${session.status} ${session.user?.email ?? "nobody"}: ${notes} (${useLiveStatus()})`}</p>;
}

interface OpenOptions {
  readonly send?: typeof sendToServer;
  readonly version?: string;
}

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** Opens the app in a browser with these cookies, as its start does. */
function open(jar: Person["jar"], { send, version = "1" }: OpenOptions = {}) {
  const tab = openTab(jar, send);
  const queryClient: QueryClient = createQueryClient();
  const persister = createUserPersister({ client: tab.client, storage, version });
  const [stop, restored] = persistQueryClient({ queryClient, persister });
  opened.push(stop);
  const { container, unmount } = render(
    <UserDOProvider client={tab.client} queryClient={queryClient}>
      <Page />
    </UserDOProvider>,
  );
  const seen: string[] = [];
  const observer = new MutationObserver(() => seen.push(container.textContent ?? ""));
  observer.observe(container, { characterData: true, childList: true, subtree: true });
  return {
    ...tab,
    queryClient,
    restored,
    seen,
    close() {
      unmount();
      stop();
    },
    shows: (text: string) => waitFor(() => expect(container.textContent).toBe(text), eventually),
  };
}

/** Whether the storage has this text. */
const stores = (text: string) =>
  waitFor(async () => expect(String(await get("trpc-userdo"))).toContain(text), eventually);
const storesNothing = () => waitFor(async () => expect(await keys()).toEqual([]), eventually);

/** A person whose page has stored a note. */
async function visit(person: Person): Promise<void> {
  await person.client.notes.create.mutate({ list: "shopping", text: "milk" });
  const tab = open(person.jar);
  await tab.shows(`signedIn ${person.email}: milk (live)`);
  await stores("milk");
  tab.close();
}

const noNetwork: typeof sendToServer = () => Promise.reject(new TypeError("Failed to fetch"));

/** The network of a page, which is unavailable at first. */
function startOffline() {
  const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  let isUp = false;
  const send: typeof sendToServer = (url, init) => (isUp ? sendToServer(url, init) : noNetwork(url, init));
  return {
    send,
    return() {
      isUp = true;
      onLine.mockReturnValue(true);
      act(() => void window.dispatchEvent(new Event("online")));
    },
  };
}

describe("a page that starts without a network", () => {
  it("shows the last data and the last user with the status offline, and becomes live", async () => {
    await visit(ada);
    const network = startOffline();
    const tab = open(ada.jar, network);
    await tab.shows(`signedIn ${ada.email}: milk (offline)`);
    await ada.client.notes.create.mutate({ list: "shopping", text: "tea" });
    network.return();
    await tab.shows(`signedIn ${ada.email}: milk,tea (live)`);
    expect(tab.seen.filter((text) => text.includes("nobody: milk"))).toEqual([]);
  }, 40_000);

  it("shows the same when only requests fail", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await visit(ada);
    const tab = open(ada.jar, { send: noNetwork });
    await tab.restored;
    await waitFor(() => expect(tab.seen.at(-1)).toContain(`signedIn ${ada.email}: milk`), eventually);
  });

  it("clears the data when the server names another user", async () => {
    await visit(ada);
    const bob = await signUp();
    const network = startOffline();
    const tab = open(bob.jar, network);
    await tab.shows(`signedIn ${ada.email}: milk (offline)`);
    network.return();
    await tab.shows(`signedIn ${bob.email}:  (live)`);
    expect(String(await get("trpc-userdo"))).not.toContain("milk");
  }, 40_000);

  it("clears the data when the session has ended meanwhile", async () => {
    await visit(ada);
    const network = startOffline();
    const tab = open({ cookie: "" }, network);
    await tab.shows(`signedIn ${ada.email}: milk (offline)`);
    network.return();
    await waitFor(() => expect(tab.seen.at(-1)).toContain("signedOut nobody: …"), eventually);
    await storesNothing();
  }, 40_000);

  it("has nothing to show on the first visit", async () => {
    const network = startOffline();
    const tab = open(ada.jar, network);
    await tab.restored;
    await waitFor(() => expect(tab.seen.at(-1)).toContain("error nobody: …"), eventually);
  });
});

describe("another user of the same browser", () => {
  it("sees nothing of the previous one", async () => {
    await visit(ada);
    const bob = await signUp();
    const tab = open(bob.jar);
    await tab.shows(`signedIn ${bob.email}:  (live)`);
    await tab.restored;
    expect(tab.seen.join()).not.toContain("milk");
    expect(tab.seen.join()).not.toContain(ada.email);
    // TanStack Query stores the next change after the restore.
    await bob.client.notes.create.mutate({ list: "shopping", text: "tea" });
    await stores("tea");
    expect(String(await get("trpc-userdo"))).not.toContain("milk");
  });

  it("who signs in on the page gets an own storage", async () => {
    await visit(ada);
    const bob = await signUp();
    const tab = open(ada.jar);
    await tab.shows(`signedIn ${ada.email}: milk (live)`);
    await act(() => tab.client.auth.login.mutate({ email: bob.email, password: "correct horse battery" }));
    await tab.shows(`signedIn ${bob.email}:  (live)`);
    await stores(bob.email);
    expect(String(await get("trpc-userdo"))).not.toContain("milk");
  });
});

it("deletes the data when the user signs out, and stores nothing afterwards", async () => {
  await visit(ada);
  const tab = open(ada.jar);
  await tab.shows(`signedIn ${ada.email}: milk (live)`);
  await act(() => tab.client.auth.logout.mutate());
  await storesNothing();
  tab.queryClient.setQueryData(["after"], "sign-out");
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(await keys()).toEqual([]);
});

it("deletes what another version of the app has stored", async () => {
  await visit(ada);
  const network = startOffline();
  const tab = open(ada.jar, { ...network, version: "2" });
  await tab.restored;
  await storesNothing();
  expect(tab.seen.join()).not.toContain("milk");
});

it("keeps the types of data that JSON does not carry", async () => {
  const tab = open(ada.jar);
  await tab.shows(`signedIn ${ada.email}:  (live)`);
  tab.queryClient.setQueryData(["times"], new Map([[1n, new Date(0)]]));
  await stores("times");
  tab.close();
  const next = open(ada.jar);
  await next.restored;
  expect(next.queryClient.getQueryData(["times"])).toEqual(new Map([[1n, new Date(0)]]));
});

it("survives a storage that throws", async () => {
  const full = () => Promise.reject(new DOMException("Full.", "QuotaExceededError"));
  const tab = openTab(ada.jar);
  const persister = createUserPersister({
    client: tab.client,
    storage: { getItem: full, setItem: full, removeItem: full },
    version: "1",
  });
  expect(await persister.restoreClient()).toBeUndefined();
  persister.persistClient({ timestamp: 0, buster: "", clientState: {} });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
});

it("reads the user of a client with tokens from its store, without a request", async () => {
  const tokensOf = (user: string) => {
    const expiresAt = Date.now() + 600_000;
    return { accessToken: "a", refreshToken: `${user}.s.1.r`, accessExpiresAt: expiresAt, refreshExpiresAt: expiresAt };
  };
  const persisterOf = (user: string) => {
    const fetch = () => Promise.reject(new Error("No request in this test."));
    const client = createClient<LiveRouter>({ tokens: { get: () => tokensOf(user), set() {} }, fetch });
    return createUserPersister({ client, storage, version: "1" });
  };
  const cache = { timestamp: 1, buster: "", clientState: { queries: [], mutations: [] } };
  persisterOf("ada").persistClient(cache);
  await stores("ada");
  expect(await persisterOf("ada").restoreClient()).toEqual(cache);
  expect(await persisterOf("bob").restoreClient()).toBeUndefined();
  await storesNothing();
});

it("needs a client of createClient", () => {
  const client = createTRPCClient({ links: [userdoLink()] });
  expect(() => createUserPersister({ client, storage, version: "1" })).toThrow("createClient");
});
