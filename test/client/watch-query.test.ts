import { WebSocket as NodeWebSocket } from "ws";
import { app } from "../fixtures/served-app.js";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createClient, watchQuery, type SessionTokens, type UserDOLinkOptions } from "trpc-userdo/client";
import type { LiveRouter } from "../fixtures/app/live.js";

// Otherwise the first test waits until the module of sockets is transformed.
beforeAll(async () => void (await import("../../src/client/owner-socket.js")), 60_000);

async function signUp(options: UserDOLinkOptions = {}) {
  let tokens: SessionTokens | undefined;
  const sockets: NodeWebSocket[] = [];
  const client = createClient<LiveRouter>({
    url: `${app.origin}/live`,
    WebSocket: class extends NodeWebSocket {
      constructor(...args: ConstructorParameters<typeof NodeWebSocket>) {
        super(...args);
        sockets.push(this);
      }
    },
    tokens: { get: () => tokens, set: (next) => void (tokens = next) },
    ...options,
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  return { client, sockets };
}

/** Watches the texts of all notes, and records each result. */
async function watchTexts({ notes }: Awaited<ReturnType<typeof signUp>>["client"]) {
  const received: string[][] = [];
  const statuses: string[] = [];
  const stop = watchQuery(notes.texts, undefined, {
    onData: (texts) => received.push(texts),
    onStatus: (status) => statuses.push(status),
  });
  onTestFinished(stop);
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
  return { received, statuses, stop };
}

describe("watchQuery", () => {
  it("resolves a mutation's promise when the client's own queries show the write", async () => {
    const late: string[] = [];
    const { client } = await signUp({ liveTimeout: 30, onLiveTimeout: (path) => late.push(path) });
    const { received } = await watchTexts(client);
    for (let n = 0; n < 20; n++) {
      const { text } = await client.notes.create.mutate({ text: `note ${n}` });
      expect(received.at(-1)).toContain(text);
    }
    await Promise.all([1, 2, 3].map((n) => client.notes.create.mutate({ text: `together ${n}` })));
    expect(received.at(-1)).toHaveLength(23);
    // These mutations have nothing to wait for: they write nothing, or nothing that a query watches.
    expect(await client.notes.nothing.mutate()).toBe("nothing");
    expect(await client.kv.set.mutate({ key: "a", value: 1 })).toMatchObject({ version: expect.any(Number) });
    expect(late).toEqual([]);
  });

  it("does not delay a mutation without live queries", async () => {
    const { client } = await signUp({ liveTimeout: 30 });
    expect(await client.notes.create.mutate({ text: "one" })).toMatchObject({ text: "one" });
    const { stop } = await watchTexts(client);
    stop();
    expect(await client.notes.create.mutate({ text: "two" })).toMatchObject({ text: "two" });
  });

  it("resolves a mutation whose write is not shown in time, and reports its path", async () => {
    const late: string[] = [];
    const { client } = await signUp({ liveTimeout: 0.001, onLiveTimeout: (path) => late.push(path) });
    const received: unknown[] = [];
    onTestFinished(watchQuery(client.notes.slow, undefined, { onData: (result) => received.push(result) }));
    await expect.poll(() => received.length).toBe(1);
    expect(await client.notes.createTagged.mutate({ text: "one" })).toMatchObject({ text: "one" });
    expect(late).toEqual(["notes.createTagged"]);
    await expect.poll(() => received.at(-1)).toEqual({ notes: 1, tags: 1 });
  });

  it("reconnects after the connection was lost, and receives the missed result", async () => {
    const { client, sockets } = await signUp();
    const { received, statuses } = await watchTexts(client);
    sockets.at(-1)?.terminate();
    await expect.poll(() => statuses.slice(0, 3)).toEqual(["connecting", "live", "connecting"]);
    await client.notes.create.mutate({ text: "one" });
    await expect.poll(() => received).toEqual([[], ["one"]]);
    // The page's own write is shown over HTTP, before the socket is open again.
    await expect.poll(() => statuses).toEqual(["connecting", "live", "connecting", "live"]);
  });

  it("reports a query's own error, and ends when it is stopped", async () => {
    const { client } = await signUp();
    const { received, stop } = await watchTexts(client);
    const failed = new Promise<unknown>((onError) => {
      watchQuery(client.notes.byId, { id: 1 as never }, { onData: () => {}, onError });
    });
    expect(await failed).toMatchObject({ data: { code: "BAD_REQUEST", path: "notes.byId" } });
    stop();
    await client.notes.create.mutate({ text: "one" });
    const again = await watchTexts(client);
    expect(again.received).toEqual([["one"]]);
    expect(received).toEqual([[]]);
  });
});

/** Watches the query that fails, with what it receives. */
function watchFailing(client: Awaited<ReturnType<typeof signUp>>["client"]) {
  const results: unknown[] = [];
  const codes: unknown[] = [];
  const statuses: string[] = [];
  const stop = watchQuery(client.odd.failing, undefined, {
    onData: (result) => results.push(result),
    onError: (error) => codes.push(error.data?.code),
    onStatus: (status) => statuses.push(status),
  });
  onTestFinished(stop);
  return { results, codes, statuses, stop };
}

describe("a watched query that fails", () => {
  const eventually = { timeout: 10_000 };
  /** Makes the query fail. Returns the function that lets it succeed again. */
  async function fail({ client }: Awaited<ReturnType<typeof signUp>>, code: string) {
    const { id } = await client.notes.create.mutate({ text: code, list: "failures" });
    return () => client.notes.delete.mutate({ id });
  }

  it.each(["SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS", "TIMEOUT", "BAD_GATEWAY", "GATEWAY_TIMEOUT"])(
    "is sent again after %s until it succeeds, and follows writes again",
    async (code) => {
      const account = await signUp({ liveTimeout: 0.001 });
      const { results, codes, statuses } = watchFailing(account.client);
      await expect.poll(() => results, eventually).toEqual(["fine"]);
      const heal = await fail(account, code);
      await expect.poll(() => statuses.slice(0, 3), eventually).toEqual(["connecting", "live", "connecting"]);
      await heal();
      await expect.poll(() => results.length, eventually).toBe(2);
      expect([statuses.at(-1), codes]).toEqual(["live", []]);
      // The query is subscribed again, and not only read once.
      await fail(account, "CONFLICT");
      await expect.poll(() => codes, eventually).toEqual(["CONFLICT"]);
    },
    30_000,
  );

  it("is sent again after SERVICE_UNAVAILABLE on the first run", async () => {
    const account = await signUp({ liveTimeout: 0.001 });
    const heal = await fail(account, "SERVICE_UNAVAILABLE");
    const { results, codes, statuses } = watchFailing(account.client);
    await expect.poll(async () => (await account.client.trace.mutate()).length, eventually).toBe(1);
    await heal();
    await expect.poll(() => results, eventually).toEqual(["fine"]);
    expect([statuses.at(-1), codes]).toEqual(["live", []]);
  }, 30_000);

  it.each(["BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "INTERNAL_SERVER_ERROR"])(
    "ends with the error after %s",
    async (code) => {
      const account = await signUp({ liveTimeout: 0.001 });
      const { results, codes } = watchFailing(account.client);
      await expect.poll(() => results, eventually).toEqual(["fine"]);
      const heal = await fail(account, code);
      await expect.poll(() => codes, eventually).toEqual([code]);
      await heal();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect([results, codes]).toEqual([["fine"], [code]]);
    },
    30_000,
  );

  it("is not sent again after it was stopped", async () => {
    const account = await signUp({ liveTimeout: 0.001 });
    const { results, statuses, stop } = watchFailing(account.client);
    await expect.poll(() => results, eventually).toEqual(["fine"]);
    await fail(account, "SERVICE_UNAVAILABLE");
    await expect.poll(() => statuses.at(-1), eventually).toBe("connecting");
    stop();
    await account.client.trace.mutate();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await account.client.trace.mutate()).toEqual([]);
  });
});
