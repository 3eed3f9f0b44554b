import { WebSocket as NodeWebSocket } from "ws";
import { expect, it } from "vitest";
import { createClient, watchQuery, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient } from "../fixtures/node-client.js";
import { app } from "../fixtures/served-app.js";

const eventually = { timeout: 10_000 };
const freshTitle = (): string => `News ${crypto.randomUUID()}`;

async function signUp() {
  const device = createNodeClient<AppRouter>(app.origin);
  await device.client.auth.signup.mutate({
    email: `${crypto.randomUUID()}@example.com`,
    password: "correct horse battery",
  });
  return device;
}

it("watches a query and subscribes to changes of the whole app, on one socket of their own", async () => {
  const [ada, bob] = [await signUp(), await signUp()];
  const title = freshTitle();
  const counts: number[] = [];
  const created: string[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stop = watchQuery(ada.client.announcements.count, { title }, { onData: (n) => counts.push(n), onError });
  const subscription = ada.client.announcements.changes.subscribe(undefined, {
    onData: ({ data }) => data.type === "create" && created.push(data.data.title),
    onError,
  });
  await expect.poll(() => counts, eventually).toEqual([0]);
  await bob.client.announcements.create.mutate({ title });
  await expect.poll(() => [counts.at(-1), created], eventually).toEqual([1, [title]]);
  expect(ada.sockets.filter(({ url }) => new URL(url).searchParams.has("app"))).toHaveLength(1);
  expect(errors).toEqual([]);
  stop();
  subscription.unsubscribe();
});

it("resolves a mutation after its own watched query shows it", async () => {
  const { client } = await signUp();
  const title = freshTitle();
  const counts: number[] = [];
  const stop = watchQuery(client.announcements.count, { title }, { onData: (n) => counts.push(n) });
  await expect.poll(() => counts, eventually).toEqual([0]);
  for (let count = 1; count <= 3; count++) {
    await client.announcements.create.mutate({ title });
    expect(counts.at(-1)).toBe(count);
  }
  stop();
});

it("reconnects to the app's object after a lost connection", async () => {
  const [ada, bob] = [await signUp(), await signUp()];
  const title = freshTitle();
  const counts: number[] = [];
  const stop = watchQuery(ada.client.announcements.count, { title }, { onData: (n) => counts.push(n) });
  await expect.poll(() => counts, eventually).toEqual([0]);
  for (const socket of ada.sockets) socket.terminate();
  await bob.client.announcements.create.mutate({ title });
  await expect.poll(() => counts.at(-1), eventually).toBe(1);
  stop();
});

it("opens the app's socket with a ticket of its own", async () => {
  let tokens: SessionTokens | undefined;
  const opened: URL[] = [];
  const client = createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    tokens: { get: () => tokens, set: (next) => void (tokens = next) },
    WebSocket: class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        opened.push(new URL(url));
        super(url, protocols === undefined ? [] : String(protocols));
      }
    },
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  const title = freshTitle();
  const counts: number[] = [];
  const errors: unknown[] = [];
  const stop = watchQuery(
    client.announcements.count,
    { title },
    { onData: (n) => counts.push(n), onError: (error) => errors.push(error) },
  );
  await expect.poll(() => [...counts, ...errors], eventually).toEqual([0]);
  await client.announcements.create.mutate({ title });
  expect(counts.at(-1)).toBe(1);
  const ofApp = opened.filter(({ searchParams }) => searchParams.has("app"));
  expect(ofApp.map(({ searchParams }) => searchParams.has("ticket"))).toEqual([true]);
  stop();
});

it.each([
  ["its socket does not work", /[?&]app/],
  ["no socket works", /./],
])("reads queries of the app over HTTP while %s, and shows its own writes at once", async (_name, broken) => {
  let tokens: SessionTokens | undefined;
  const client = createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    tokens: { get: () => tokens, set: (next) => void (tokens = next) },
    pollInterval: 60,
    WebSocket: class extends NodeWebSocket {
      constructor(url: string | URL) {
        if (broken.test(String(url))) throw new Error("No socket.");
        super(url);
      }
    },
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  const title = freshTitle();
  const counts: number[] = [];
  const stop = watchQuery(client.announcements.count, { title }, { onData: (n) => counts.push(n) });
  await expect.poll(() => counts, eventually).toEqual([0]);
  await client.announcements.create.mutate({ title });
  expect(counts.at(-1)).toBe(1);
  stop();
});
