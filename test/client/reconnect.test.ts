import { WebSocket as NodeWebSocket } from "ws";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createClient } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) }],
});
let origin: string;

beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());

/** A client in Node: it keeps its cookies, and all the sockets that it ever opened. */
async function signUp() {
  let cookie = "";
  const sockets: NodeWebSocket[] = [];
  const client = createClient<AppRouter>({
    url: `${origin}/trpc`,
    async fetch(url, init) {
      const headers = { ...(init?.headers as Record<string, string>), origin, ...(cookie && { cookie }) };
      const response = await fetch(String(url), { ...(init as RequestInit), headers });
      const lines = response.headers.getSetCookie().map((line) => line.split(";")[0]);
      if (lines.length > 0) cookie = lines.join("; ");
      return response;
    },
    WebSocket: class extends NodeWebSocket {
      constructor(url: string | URL) {
        super(url, { headers: { origin, cookie } });
        sockets.push(this);
      }
    } as unknown as typeof WebSocket,
  });
  const email = `${crypto.randomUUID()}@example.com`;
  await client.auth.signup.mutate({ email, password: "correct horse battery" });
  return { client, sockets };
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

it("E4 C4 after twenty drops exactly one socket is open, and every change has arrived once", async () => {
  const { client, sockets } = await signUp();
  const told: string[] = [];
  let starts = 0;
  const subscription = client.posts.changes.subscribe(undefined, {
    onStarted: () => starts++,
    onData: ({ data }) => told.push(data.type === "reset" ? "reset" : data.id),
  });
  const written: string[] = [];
  for (let drop = 0; drop < 20; drop++) {
    await eventually(() => starts > drop);
    sockets.at(-1)?.terminate();
    // While nobody is connected: the first of these before the client has had any event at all.
    written.push((await client.posts.create.mutate({ title: `${drop}`, body: "" })).id);
  }
  await eventually(() => told.length >= written.length);
  expect(told).toEqual(written);
  expect(sockets.filter(({ readyState }) => readyState === NodeWebSocket.OPEN)).toHaveLength(1);
  subscription.unsubscribe();
}, 60_000);
