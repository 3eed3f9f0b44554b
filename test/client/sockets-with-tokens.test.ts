import { app } from "../fixtures/served-app.js";
import { WebSocket as NodeWebSocket } from "ws";
import { expect, it } from "vitest";
import {
  createClient,
  watchQuery,
  type SessionTokens,
  type SocketClass,
  type UserDOLinkOptions,
} from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const eventually = { timeout: 10_000 };

async function signUp(implementation?: SocketClass, headers?: UserDOLinkOptions["headers"]) {
  let storedTokens: SessionTokens | undefined;
  const client = createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    tokens: { get: () => storedTokens, set: (tokens) => void (storedTokens = tokens) },
    ...(implementation && { WebSocket: implementation }),
    ...(headers && { headers }),
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  return client;
}

it("subscribes with tokens over the ws package, whose options argument takes headers", async () => {
  const client = await signUp();
  const lists: number[] = [];
  const errors: unknown[] = [];
  const stop = watchQuery(client.posts.list, undefined, {
    onData: (list) => lists.push(list.length),
    onError: (error) => errors.push(error),
  });
  await expect.poll(() => [...lists, ...errors], eventually).toEqual([0]);
  await client.posts.create.mutate({ title: "One", body: "" });
  await expect.poll(() => lists.at(-1), eventually).toBe(1);
  stop();
});

/** A class like a browser's: it takes no headers, and rejects a second argument that is not a protocol. */
function withoutHeaders(opened: string[]) {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      opened.push(String(url));
      super(url, protocols === undefined ? [] : String(protocols));
    }
  };
}

it("opens each socket with its own ticket when the class takes no headers", async () => {
  const opened: string[] = [];
  const client = await signUp(withoutHeaders(opened));
  const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const lists: number[] = [];
  watchQuery(client.posts.list, undefined, { onData: (list) => lists.push(list.length), onError });
  const changes: string[] = [];
  client.projects.changes.subscribe(
    { organizationId },
    { onStarted: () => changes.push("started"), onData: ({ data }) => changes.push(data.type), onError },
  );
  await expect.poll(() => [lists, changes], eventually).toEqual([[0], ["started"]]);
  await client.posts.create.mutate({ title: "One", body: "" });
  await client.projects.create.mutate({ organizationId, name: "Nozzle" });
  await expect.poll(() => [lists.at(-1), changes.at(-1)], eventually).toEqual([1, "create"]);

  const tickets = opened.flatMap((url) => new URL(url).searchParams.get("ticket") ?? []);
  expect(new Set(tickets).size).toBe(2);
  expect(opened.filter((url) => url.includes("ticket="))).toHaveLength(2);
  expect(errors).toEqual([]);
});

it("reconnects with a new ticket after a lost connection", async () => {
  const sockets: NodeWebSocket[] = [];
  const client = await signUp(
    class extends NodeWebSocket {
      // Takes no headers, like a browser's.
      constructor(url: string | URL) {
        super(url);
        sockets.push(this);
      }
    },
  );
  let starts = 0;
  const received: string[] = [];
  client.posts.changes.subscribe(undefined, {
    onStarted: () => starts++,
    onData: ({ data }) => received.push(data.type),
  });
  await expect.poll(() => starts, eventually).toBe(1);
  sockets.at(-1)?.terminate();
  await client.posts.create.mutate({ title: "In the gap", body: "" });
  await expect.poll(() => [starts, received], eventually).toEqual([2, ["create"]]);
  const tickets = sockets.flatMap(({ url }) => new URL(url).searchParams.get("ticket") ?? []);
  expect(new Set(tickets).size).toBe(2);
});

it("sends the client's own headers with sockets that take them", async () => {
  const handshakes: unknown[] = [];
  class Recording extends WebSocket {
    constructor(url: string | URL, options?: unknown) {
      handshakes.push((options as { headers?: unknown } | undefined)?.headers);
      super(url, options as string[]);
    }
  }
  const client = await signUp(Recording, () => ({ "x-app": "1", "x-list": ["a", "b"], "x-none": undefined }));
  let starts = 0;
  client.posts.changes.subscribe(undefined, { onStarted: () => starts++ });
  await expect.poll(() => starts, eventually).toBe(1);
  const authorization = expect.stringMatching(/^Bearer /) as string;
  expect(handshakes).toContainEqual({ "x-app": "1", "x-list": "a,b", authorization });
});
