import { QueryClient, QueryObserver, notifyManager } from "@tanstack/query-core";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../fixtures/served-app.js";
import { createSkips, useSkippableTime } from "../fixtures/skip-time.js";
import { WebSocket as NodeWebSocket } from "ws";
import { connectLive, createClient, live, watchQuery, type SocketClass } from "trpc-userdo/client";
import type { SessionTokens, UserDOLinkOptions } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

useSkippableTime();
const { skipUntil } = createSkips((work) => work());
afterEach(() => void vi.unstubAllGlobals());

const eventually = { timeout: 12_000, interval: 20 };

/** Sockets that a network can block: they do not open, or are closed as soon as they are open. */
function createNetwork(how: "refuses" | "closes" = "refuses") {
  const network = { isBlocked: true, sockets: [] as NodeWebSocket[] };
  class Socket extends NodeWebSocket {
    constructor(url: string | URL, options?: object) {
      super(network.isBlocked && how === "refuses" ? "ws://127.0.0.1:1/" : url, options);
      network.sockets.push(this);
      this.on("open", () => network.isBlocked && this.terminate());
    }
  }
  return Object.assign(network, { Socket: Socket as SocketClass });
}

async function signUp(options: UserDOLinkOptions) {
  let stored: SessionTokens | undefined;
  const tokens = { get: () => stored, set: (next: SessionTokens | undefined) => void (stored = next) };
  const open = (more: UserDOLinkOptions) => createClient<AppRouter>({ url: `${app.origin}/trpc`, tokens, ...more });
  const client = open({ pollInterval: 0.3, ...options });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  return { client, other: open({}) };
}

type Client = Awaited<ReturnType<typeof signUp>>["client"];

function watch(client: Client) {
  const titles: string[][] = [];
  const statuses: string[] = [];
  const errors: unknown[] = [];
  const stop = watchQuery(client.posts.list, undefined, {
    onData: (list) => titles.push(list.map(({ title }) => title).toSorted()),
    onStatus: (status) => statuses.push(status),
    onError: (error) => errors.push(error),
  });
  return { titles, statuses, errors, stop };
}

const post = (title: string) => ({ title, body: "" });

describe("a network that blocks sockets", () => {
  it.each(["refuses", "closes"] as const)(
    "shows own writes at once and others' by polling, and returns to the socket: the network %s them",
    async (how) => {
      const network = createNetwork(how);
      const { client, other } = await signUp({ WebSocket: network.Socket });
      const { titles, statuses, errors, stop } = watch(client);
      await expect.poll(() => network.sockets.length, eventually).toBeGreaterThan(0);
      await client.posts.create.mutate(post("own"));
      expect(titles.at(-1)).toEqual(["own"]);
      await skipUntil(() => expect(statuses.at(-1)).toBe("polling"));
      await other.posts.create.mutate(post("theirs"));
      await expect.poll(() => titles.at(-1), eventually).toEqual(["own", "theirs"]);
      await client.posts.create.mutate(post("third"));
      expect(titles.at(-1)).toEqual(["own", "theirs", "third"]);

      network.isBlocked = false;
      await skipUntil(() => expect(statuses.at(-1)).toBe("live"));
      await other.posts.create.mutate(post("with the socket"));
      await expect.poll(() => titles.at(-1), eventually).toEqual(["own", "theirs", "third", "with the socket"]);
      expect(errors).toEqual([]);
      stop();
    },
    90_000,
  );

  it("shows the current state after returning to the socket, also if it equals the socket's last result", async () => {
    const network = createNetwork("closes");
    network.isBlocked = false;
    const { client, other } = await signUp({ WebSocket: network.Socket });
    const { titles, statuses, stop } = watch(client);
    await expect.poll(() => [titles.at(-1), statuses.at(-1)], eventually).toEqual([[], "live"]);
    network.isBlocked = true;
    for (const socket of network.sockets) socket.terminate();
    await expect.poll(() => statuses.at(-1), eventually).toBe("connecting");
    const { id } = await client.posts.create.mutate(post("for a moment"));
    expect(titles.at(-1)).toEqual(["for a moment"]);
    await other.posts.delete.mutate({ id });
    network.isBlocked = false;
    await expect.poll(() => [titles.at(-1), statuses.at(-1)], eventually).toEqual([[], "live"]);
    stop();
  }, 60_000);

  it("polls only after the client's own writes without an interval", async () => {
    const network = createNetwork();
    const { client, other } = await signUp({ WebSocket: network.Socket, pollInterval: false });
    const { titles, statuses, stop } = watch(client);
    await expect.poll(() => network.sockets.length, eventually).toBeGreaterThan(0);
    await other.posts.create.mutate(post("theirs"));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect([titles, statuses]).toEqual([[], ["connecting"]]);
    await client.posts.create.mutate(post("own"));
    expect(titles.at(-1)).toEqual(["own", "theirs"]);
    expect(statuses).toEqual(["connecting"]);
    stop();
  }, 30_000);

  it("ends a query that fails by itself, and continues the others", async () => {
    const network = createNetwork();
    const { client } = await signUp({ WebSocket: network.Socket });
    const organizationId = "unknown";
    const errors: unknown[] = [];
    watchQuery(client.projects.list, { organizationId }, { onData: () => {}, onError: (error) => errors.push(error) });
    const { titles, errors: ownErrors, stop } = watch(client);
    await skipUntil(() =>
      expect(errors.map((error) => (error as { data?: unknown }).data)).toMatchObject([{ code: "FORBIDDEN" }]),
    );
    await expect.poll(() => titles.at(-1), eventually).toEqual([]);
    expect(ownErrors).toEqual([]);
    stop();
  }, 30_000);
});

/** Counts the requests that read the posts, and delays their replies while `gate` is set. */
function createReads() {
  const reads = { count: 0, delayed: 0, gate: undefined as Promise<void> | undefined };
  const counted: UserDOLinkOptions["fetch"] = async (url, init) => {
    const isRead = String(url).includes("posts.list");
    if (isRead) reads.count++;
    const response = await fetch(url as string, init as RequestInit);
    if (isRead && reads.gate) {
      reads.delayed++;
      await reads.gate;
    }
    return response;
  };
  return Object.assign(reads, { fetch: counted });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("polling", () => {
  it("stops with the last query, and when the socket works again", async () => {
    const network = createNetwork();
    const reads = createReads();
    const { client } = await signUp({ WebSocket: network.Socket, fetch: reads.fetch });
    const first = watch(client);
    await skipUntil(() => expect(first.statuses.at(-1)).toBe("polling"));
    first.stop();
    await pause(400);
    const afterStop = reads.count;
    await pause(1_000);
    expect(reads.count).toBe(afterStop);

    const second = watch(client);
    await expect.poll(() => reads.count, eventually).toBeGreaterThan(afterStop);
    network.isBlocked = false;
    await skipUntil(() => expect(second.statuses.at(-1)).toBe("live"));
    await pause(400);
    const afterReturn = reads.count;
    await pause(1_000);
    expect(reads.count).toBe(afterReturn);
    second.stop();
  }, 90_000);

  it("shows nothing of the previous user, even from a poll that was pending at the switch", async () => {
    const network = createNetwork();
    const reads = createReads();
    const { client } = await signUp({ WebSocket: network.Socket, fetch: reads.fetch });
    await client.posts.create.mutate(post("of the first user"));
    const { titles, statuses, stop } = watch(client);
    await skipUntil(() => expect(titles.at(-1)).toEqual(["of the first user"]));
    await skipUntil(() => expect(statuses.at(-1)).toBe("polling"));
    const { promise, resolve } = Promise.withResolvers<void>();
    reads.gate = promise;
    await expect.poll(() => reads.delayed, eventually).toBeGreaterThan(0);
    await client.auth.logout.mutate();
    await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
    const count = titles.length;
    resolve();
    reads.gate = undefined;
    await client.posts.create.mutate(post("of the second user"));
    await expect.poll(() => titles.at(-1), eventually).toEqual(["of the second user"]);
    expect(titles.slice(count).flat()).not.toContain("of the first user");
    stop();
  }, 60_000);
});

describe("a runtime without a WebSocket", () => {
  it("polls live queries, and ends subscriptions with the reason", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const { client, other } = await signUp({});
    const { titles, statuses, stop } = watch(client);
    const errors: string[] = [];
    client.posts.changes.subscribe(undefined, { onError: ({ message }) => errors.push(message) });
    await expect.poll(() => [titles.at(-1), statuses.at(-1)], eventually).toEqual([[], "polling"]);
    expect(errors).toEqual([expect.stringMatching(/no WebSocket.*`ws`/)]);
    await client.posts.create.mutate(post("own"));
    expect(titles.at(-1)).toEqual(["own"]);
    await other.posts.create.mutate(post("theirs"));
    await expect.poll(() => titles.at(-1), eventually).toEqual(["own", "theirs"]);
    stop();
  }, 30_000);
});

describe("TanStack Query's cache", () => {
  it("reports `polling` with current data, and `live` when the socket works", async () => {
    const network = createNetwork();
    const { client, other } = await signUp({ WebSocket: network.Socket });
    const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const connection = connectLive({ client, queryClient, notifyManager });
    const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
    const observer = new QueryObserver(queryClient, live(trpc.posts.list.queryOptions()) as never);
    const stop = observer.subscribe(() => {});
    const titles = () =>
      (observer.getCurrentResult().data as { title: string }[] | undefined)?.map(({ title }) => title);
    await expect.poll(titles, eventually).toEqual([]);
    await client.posts.create.mutate(post("own"));
    expect(titles()).toEqual(["own"]);
    await skipUntil(() => expect(connection.status()).toBe("polling"));
    await other.posts.create.mutate(post("theirs"));
    await expect.poll(() => titles()?.toSorted(), eventually).toEqual(["own", "theirs"]);
    expect(connection.status()).toBe("polling");
    network.isBlocked = false;
    await skipUntil(() => expect(connection.status()).toBe("live"));
    await other.posts.create.mutate(post("with the socket"));
    await expect.poll(() => titles()?.length, eventually).toBe(3);
    stop();
    connection.disconnect();
  }, 90_000);
});
