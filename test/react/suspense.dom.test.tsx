import { QueryClient, useMutation, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { act, cleanup, render, waitFor } from "@testing-library/react";
import { createUserDOReact } from "trpc-userdo/react";
import { StrictMode, Suspense, startTransition, useState, type ReactNode } from "react";
import { WebSocket as NodeWebSocket } from "ws";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { LiveRouter } from "../fixtures/app/live.js";
import { sendToServer, originOf, signUp, type Person } from "./live-app.js";
import { eventually, freshList } from "./notes.js";
import { stubChannels } from "./open-channels.js";
import { skip, skipUntil, useSkippableTime } from "./skip-time.js";

const { UserDOProvider, useTRPC, useSession, live, useLiveStatus } = createUserDOReact<LiveRouter>();

useSkippableTime();

let ada: Person;
let bob: Person;
beforeAll(async () => void ([ada, bob] = [await signUp(), await signUp()]), 60_000);

/** The requests, sockets and channels of the page, over the globals of a browser. */
const opened = { requests: [] as string[], sockets: [] as NodeWebSocket[], channels: new Set() as ReadonlySet<object> };

beforeEach(() => {
  Object.assign(opened, { requests: [], sockets: [] });
  const headers = { origin: originOf(), cookie: ada.jar.cookie };
  vi.stubGlobal("fetch", (url: string, init: Parameters<typeof sendToServer>[1]) => {
    opened.requests.push(new URL(url).pathname.replace("/live/", ""));
    return sendToServer(url, { ...init, headers: { ...init.headers, ...headers } });
  });
  vi.stubGlobal(
    "WebSocket",
    class extends NodeWebSocket {
      constructor(url: string | URL) {
        super(url, { headers });
        opened.sockets.push(this);
      }
    },
  );
  opened.channels = stubChannels();
});

afterEach(async () => {
  cleanup();
  await closed();
  vi.unstubAllGlobals();
});

/** Waits until nothing is open any more. */
const closed = () =>
  skipUntil(() => {
    expect(opened.channels.size).toBe(0);
    expect(opened.sockets.filter(({ readyState }) => readyState <= NodeWebSocket.OPEN)).toEqual([]);
  });

const url = () => `${originOf()}/live`;

function Count({ list, isLive = true }: { readonly list: string; readonly isLive?: boolean }) {
  const trpc = useTRPC();
  const options = trpc.notes.count.queryOptions({ list });
  const { data } = useSuspenseQuery(isLive ? live(options) : options);
  return <p>{data} notes</p>;
}

const Nothing = ({ children }: { readonly children: ReactNode }) => children;
const boundaries = {
  "outside of the provider": ({ children }: { readonly children: ReactNode }) => (
    <Suspense fallback="waiting">{children}</Suspense>
  ),
  nowhere: Nothing,
};

describe.each(Object.entries(boundaries))("with a Suspense boundary %s", (_, Boundary) => {
  describe.each([
    ["StrictMode", StrictMode],
    ["without StrictMode", Nothing],
  ] as const)("%s", (__, Mode) => {
    it("a live query opens one socket and one channel, and sends no request", async () => {
      const list = freshList();
      const { container, unmount } = render(
        <Mode>
          <Boundary>
            <UserDOProvider url={url()}>
              <Count list={list} />
            </UserDOProvider>
          </Boundary>
        </Mode>,
      );
      await waitFor(() => expect(container.textContent).toBe("0 notes"), eventually);
      expect(opened.sockets).toHaveLength(1);
      expect(opened.channels.size).toBe(1);
      expect(opened.requests).toEqual([]);
      await act(() => ada.client.notes.create.mutate({ text: "a", list }));
      await waitFor(() => expect(container.textContent).toBe("1 notes"), eventually);
      unmount();
      await closed();
    }, 40_000);

    it("an ordinary query sends one request", async () => {
      const list = freshList();
      const { container } = render(
        <Mode>
          <Boundary>
            <UserDOProvider url={url()}>
              <Count list={list} isLive={false} />
              <Count list={list} isLive={false} />
            </UserDOProvider>
          </Boundary>
        </Mode>,
      );
      await waitFor(() => expect(container.textContent).toBe("0 notes0 notes"), eventually);
      expect(opened.requests).toEqual(["notes.count"]);
      expect(opened.sockets).toEqual([]);
      expect(opened.channels.size).toBe(1);
    }, 40_000);
  });
});

it("closes the client of a render that was discarded", async () => {
  const list = freshList();
  let show = (_: ReactNode): void => {};
  function Page() {
    const [shown, setShown] = useState<ReactNode>("start");
    show = setShown;
    return <Suspense fallback="waiting">{shown}</Suspense>;
  }
  const { container } = render(<Page />);
  act(() =>
    startTransition(() =>
      show(
        <UserDOProvider url={url()}>
          <Count list={list} />
        </UserDOProvider>,
      ),
    ),
  );
  // The transition is discarded before its data has loaded.
  act(() => show("other"));
  expect(container.textContent).toBe("other");
  await waitFor(() => expect(opened.channels.size).toBe(1), eventually);
  await closed();
  expect(opened.sockets.length).toBeLessThanOrEqual(1);
}, 60_000);

it("creates one client for the app's own query client, and one cache for the app's own client", async () => {
  const list = freshList();
  const queryClient = new QueryClient();
  const { container } = render(
    <Suspense fallback="waiting">
      <UserDOProvider url={url()} queryClient={queryClient}>
        <Count list={list} />
      </UserDOProvider>
    </Suspense>,
  );
  await waitFor(() => expect(container.textContent).toBe("0 notes"), eventually);
  expect(opened.sockets).toHaveLength(1);
  expect(opened.channels.size).toBe(1);
  cleanup();

  const before = ada.sockets.length;
  const second = render(
    <Suspense fallback="waiting">
      <UserDOProvider client={ada.client}>
        <Count list={list} />
      </UserDOProvider>
    </Suspense>,
  );
  await waitFor(() => expect(second.container.textContent).toBe("0 notes"), eventually);
  expect(ada.sockets.length - before).toBeLessThanOrEqual(1);
}, 40_000);

it("shares a client between providers that share a query client, also one that is mounted later", async () => {
  const list = freshList();
  const queryClient = new QueryClient();
  const Island = () => (
    <UserDOProvider url={url()} queryClient={queryClient}>
      <Count list={list} />
    </UserDOProvider>
  );
  let show = (_: readonly number[]): void => {};
  function Page() {
    const [islands, setIslands] = useState<readonly number[]>([1]);
    show = setIslands;
    return (
      <StrictMode>
        <Suspense fallback="waiting">
          {islands.map((island) => (
            <Island key={island} />
          ))}
        </Suspense>
      </StrictMode>
    );
  }
  const { container } = render(<Page />);
  await waitFor(() => expect(container.textContent).toBe("0 notes"), eventually);
  act(() => show([1, 2]));
  await waitFor(() => expect(container.textContent).toBe("0 notes0 notes"), eventually);
  act(() => show([2]));
  await waitFor(() => expect(container.textContent).toBe("0 notes"), eventually);
  await ada.client.notes.create.mutate({ list, text: "a" });
  await waitFor(() => expect(container.textContent).toBe("1 notes"), eventually);
  expect(opened.sockets).toHaveLength(1);
  expect(opened.channels.size).toBe(1);
}, 40_000);

it("a provider that is mounted again under another key continues to work, with one channel", async () => {
  const list = freshList();
  let toggle = (): void => {};
  function Page() {
    const [key, setKey] = useState(0);
    toggle = () => setKey((before) => before + 1);
    return (
      <UserDOProvider key={key} url={url()}>
        <Suspense fallback="waiting">
          <Count list={list} />
          <Session />
        </Suspense>
      </UserDOProvider>
    );
  }
  function Session() {
    return <i>{useSession().status}</i>;
  }
  const { container } = render(<Page />);
  await waitFor(() => expect(container.textContent).toBe("0 notessignedIn"), eventually);
  act(toggle);
  await waitFor(() => expect(container.textContent).toBe("0 notessignedIn"), eventually);
  expect(opened.channels.size).toBe(1);
}, 40_000);

describe("two providers over one client and one cache", () => {
  function Notes({ list }: { readonly list: string }) {
    const trpc = useTRPC();
    const { data } = useQuery(live(trpc.notes.count.queryOptions({ list })));
    const create = useMutation(trpc.notes.create.mutationOptions());
    return (
      <button onClick={() => create.mutate({ list, text: "a" })}>
        {data} {useLiveStatus()}
      </button>
    );
  }

  it.each(["first", "second"] as const)(
    "stay live when the %s unmounts",
    async (which) => {
      const list = freshList();
      const queryClient = new QueryClient();
      const provider = (
        <UserDOProvider client={ada.client} queryClient={queryClient}>
          <Notes list={list} />
        </UserDOProvider>
      );
      const [one, two] = [render(provider), render(provider)];
      const [leaving, staying] = which === "first" ? [one, two] : [two, one];
      for (const { container } of [one, two]) {
        await waitFor(() => expect(container.textContent).toBe("0 live"), eventually);
      }
      leaving.unmount();
      await skip(50);
      expect(staying.container.textContent).toBe("0 live");
      await act(() => ada.client.notes.create.mutate({ list, text: "a" }));
      await waitFor(() => expect(staying.container.textContent).toBe("1 live"), eventually);
      staying.unmount();
    },
    30_000,
  );

  it("do not check the session when the user signs out", async () => {
    function Session() {
      return <p>{useSession().user?.email}</p>;
    }
    const queryClient = new QueryClient();
    const provider = (
      <UserDOProvider client={bob.client} queryClient={queryClient}>
        <Session />
      </UserDOProvider>
    );
    const pages = [render(provider), render(provider)];
    for (const { container } of pages) await waitFor(() => expect(container.textContent).toBe(bob.email), eventually);
    const before = bob.requests.length;
    await act(() => bob.client.auth.logout.mutate());
    for (const { container } of pages) await waitFor(() => expect(container.textContent).toBe(""), eventually);
    expect(bob.requests.slice(before)).toEqual(["auth.logout"]);
  }, 30_000);
});
