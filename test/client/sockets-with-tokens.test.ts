import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createClient, watchQuery, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) }],
});
let origin: string;

beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());

const eventually = { timeout: 10_000 };

async function signUp(implementation?: typeof WebSocket) {
  let kept: SessionTokens | undefined;
  const client = createClient<AppRouter>({
    url: `${origin}/trpc`,
    tokens: { get: () => kept, set: (tokens) => void (kept = tokens) },
    ...(implementation && { WebSocket: implementation }),
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  return client;
}

it("A6 C1 E1 a client with tokens listens by Node's own socket, which takes headers in a place of its own", async () => {
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

/** As a browser's: it takes no headers, and a second argument that is no protocol it refuses. */
function withoutHeaders(opened: string[]) {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      opened.push(String(url));
      super(url, protocols === undefined ? [] : String(protocols));
    }
  };
}

it("A6 C1 a socket class that takes no headers ends what listens with an error that says what to do", async () => {
  const opened: string[] = [];
  const client = await signUp(withoutHeaders(opened));
  const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  watchQuery(client.posts.list, undefined, { onData: () => {}, onError });
  client.posts.changes.subscribe(undefined, { onError });
  client.projects.changes.subscribe({ organizationId }, { onError });
  await expect.poll(() => errors.length, eventually).toBe(3);
  for (const error of errors) expect((error as Error).message).toMatch(/takes no headers.*`WebSocket`.*`ws`/);

  const before = opened.length;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(opened).toHaveLength(before);
  expect(errors).toHaveLength(3);
  // It may be tried again, and calls go on.
  client.posts.changes.subscribe(undefined, { onError });
  await expect.poll(() => errors.length, eventually).toBe(4);
  await client.posts.create.mutate({ title: "One", body: "" });
  expect(await client.auth.me.query()).toMatchObject({ user: { id: expect.any(String) as string } });
});
