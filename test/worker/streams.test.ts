import { createTRPCClient, httpBatchStreamLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";

const server = createTestHarness({
  workers: [
    { configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) },
    { configPath: new URL("../fixtures/second-worker/wrangler.jsonc", import.meta.url) },
  ],
});
let origin: string;

beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());

/** A stock client that subscribes over SSE, with its cookies. */
async function signUp() {
  let cookie = "";
  const withCookie = async (url: unknown, init?: object): Promise<Response> => {
    const given = (init as RequestInit | undefined)?.headers;
    const headers = { ...(given as Record<string, string>), origin, ...(cookie && { cookie }) };
    const response = await fetch(String(url), { ...init, headers });
    const lines = response.headers.getSetCookie().map((line) => line.split(";")[0]);
    if (lines.length > 0) cookie = lines.join("; ");
    return response;
  };
  const opened: EventSource[] = [];
  const cuts: (() => void)[] = [];
  /** Like `withCookie`, over a connection that can be cut. */
  const withCable = async (url: string | URL, init: object): Promise<Response> => {
    const response = await withCookie(url, init);
    const { readable, writable } = new TransformStream();
    const cable = new AbortController();
    void response.body?.pipeTo(writable, { signal: cable.signal }).catch(() => {});
    cuts.push(() => cable.abort(new TypeError("The network was lost.")));
    return Object.create(response, { body: { value: readable } }) as Response;
  };
  class EventSourceWithCookie extends EventSource {
    constructor(url: string | URL) {
      super(url, { fetch: withCable });
      opened.push(this);
    }
  }
  const options = { url: `${origin}/trpc`, transformer: superjson };
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({ ...options, EventSource: EventSourceWithCookie }),
        false: splitLink({
          condition: ({ path }) => path === "odd.countdown",
          true: httpBatchStreamLink({ ...options, fetch: withCookie }),
          false: httpLink({ ...options, fetch: withCookie }),
        }),
      }),
    ],
  });
  const email = `${crypto.randomUUID()}@example.com`;
  const { user } = await client.auth.signup.mutate({ email, password: "correct horse battery" });
  return { client, opened, user, withCookie, cut: () => cuts.at(-1)?.() };
}

const post = { title: "One", body: "" };

describe("subscriptions over SSE", { timeout: 20_000 }, () => {
  it("deliver each change once, with its row, and a Date stays a Date", async () => {
    const { client } = await signUp();
    const received: unknown[] = [];
    let started = false;
    const subscription = client.posts.changes.subscribe(undefined, {
      onStarted: () => (started = true),
      onData: ({ data }) => received.push(data),
    });
    await expect.poll(() => started).toBe(true);
    const created = await client.posts.create.mutate(post);
    await client.posts.delete.mutate({ id: created.id });
    await expect.poll(() => received.length).toBeGreaterThanOrEqual(2);
    expect(received).toEqual([
      { type: "create", id: created.id, data: created },
      { type: "delete", id: created.id },
    ]);
    subscription.unsubscribe();
  });

  it("resume from the Last-Event-ID", async () => {
    const { client, withCookie } = await signUp();
    const { id } = await client.posts.create.mutate(post);
    const first = await readEvents(withCookie, `${origin}/trpc/posts.changes?lastEventId=nonsense`, {}, 1);
    expect(first[0]?.data).toMatchObject({ json: { type: "reset" } });
    await client.posts.update.mutate({ id, done: true });
    const resumed = await readEvents(
      withCookie,
      `${origin}/trpc/posts.changes`,
      { "last-event-id": first[0]?.id ?? "" },
      1,
    );
    expect(resumed[0]?.data).toMatchObject({ json: { type: "update", id, data: { done: true } } });
  });

  it("resume from their start when they are cut off before their first event", async () => {
    const { client, withCookie } = await signUp();
    const url = `${origin}/trpc/posts.changes`;
    const response = await withCookie(url, {});
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const idOf = (): string | undefined => /^id: (.+)$/m.exec(text)?.[1];
    while (reader && idOf() === undefined) text += (await reader.read()).value;
    expect(text).not.toContain("event: message");
    await reader?.cancel();
    const { id } = await client.posts.create.mutate(post);
    const [first] = await readEvents(withCookie, url, { "last-event-id": idOf() ?? "" }, 1);
    expect(first?.data).toMatchObject({ json: { type: "create", id } });
  });

  it("lose nothing for a stock client that is cut off before its first event", async () => {
    const { client, cut } = await signUp();
    const received: unknown[] = [];
    let starts = 0;
    const subscription = client.posts.changes.subscribe(undefined, {
      onStarted: () => starts++,
      onData: ({ data }) => received.push(data.type === "create" ? data.id : data),
    });
    await expect.poll(() => starts).toBe(1);
    cut();
    const { id } = await client.posts.create.mutate(post);
    await expect.poll(() => received).toEqual([id]);
    subscription.unsubscribe();
  });

  it("return UNAUTHORIZED without a session", async () => {
    const response = await fetch(`${origin}/trpc/posts.changes`);
    expect(await response.text()).toContain("UNAUTHORIZED");
  });

  it("end with their session", async () => {
    const { client, withCookie } = await signUp();
    const response = await withCookie(`${origin}/trpc/posts.changes`, { headers: { accept: "text/event-stream" } });
    const text = response.text();
    await client.auth.logout.mutate();
    expect(await text).toMatch(/serialized-error/);
  });
});

describe("account.export over SSE", () => {
  it("returns every record once, and ends", async () => {
    const { client, opened, user } = await signUp();
    await client.posts.create.mutate(post);
    const records: { type: string; data: object }[] = [];
    await new Promise<void>((resolve, reject) => {
      client.account.export.subscribe(undefined, {
        onData: (record) => records.push(record),
        onComplete: resolve,
        onError: reject,
      });
    });
    expect(records[0]).toMatchObject({ type: "account", data: { id: user.id, createdAt: expect.any(Date) } });
    expect(records.map(({ type }) => type)).toEqual(["account", "session", "row", "audit", "audit"]);
    expect(JSON.stringify(records)).not.toMatch(/scrypt|hash|digest/i);
    expect(opened).toHaveLength(1);
  });
});

describe("a query that returns a stream", () => {
  it("works over batch-stream", async () => {
    const { client } = await signUp();
    const values: number[] = [];
    for await (const value of await client.odd.countdown.query(3)) values.push(value);
    expect(values).toEqual([3, 2, 1]);
  });
});

describe("another Worker", () => {
  it("iterates a subscription, and ends it", async () => {
    const { client, user } = await signUp();
    const second = server.getWorker("second-worker");
    const answer = second.fetch("https://second.example.com/", {
      method: "POST",
      body: JSON.stringify({ userId: user.id, action: "first change" }),
    });
    const written: string[] = [];
    let done = false;
    void answer.then(() => (done = true));
    while (!done) {
      written.push((await client.posts.create.mutate(post)).id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const received = (await (await answer).json()) as { id: string; isDate: boolean };
    expect(written).toContain(received.id);
    expect(received.isDate).toBe(true);
  });
});

interface Event {
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Reads a raw event stream up to that many events with data, and disconnects. */
async function readEvents(
  withCookie: (url: string, init: object) => Promise<Response>,
  url: string,
  headers: Record<string, string>,
  count: number,
): Promise<Event[]> {
  const response = await withCookie(url, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const events: Event[] = [];
  while (reader && events.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
      const data = field("data");
      if (data && !field("event")) events.push({ id: field("id"), data: JSON.parse(data) });
    }
  }
  await reader?.cancel();
  return events;
}
