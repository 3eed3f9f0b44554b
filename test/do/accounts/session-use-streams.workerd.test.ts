import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import type { LiveRouter } from "../../fixtures/app/live.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { origin, sessionCookies, signUp } from "../../fixtures/browser.js";
import { startLive } from "../../fixtures/live.js";
import { openSocket, subscribe } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const IDLE = 7 * DAY;

afterEach(() => void vi.useRealTimers());

function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
}

const sessionIn = (object: DurableObjectStub, id: string) =>
  runInDurableObject(object, (_instance, { storage }) => {
    const row = storage.sql.exec("SELECT last_seen_at, expires_at FROM _sessions WHERE id = ?", id).toArray()[0];
    return { lastSeenAt: Number(row?.["last_seen_at"]), expiresAt: Number(row?.["expires_at"]) };
  });

async function expectUsedNow(object: DurableObjectStub, id: string): Promise<void> {
  const { lastSeenAt, expiresAt } = await sessionIn(object, id);
  expect(lastSeenAt).toBeGreaterThan(Date.now() - MINUTE);
  expect(expiresAt).toBe(lastSeenAt + IDLE);
}

describe("a stream over HTTP", () => {
  it.each([
    ["SSE", "streams.changes", { Accept: "text/event-stream" }],
    ["batch-stream", "itemsStream?batch=1&input=%7B%7D", { "trpc-accept": "application/jsonl" }],
  ])("extends the session for weeks with its events: %s", async (_name, path, headers) => {
    const { browser, user, session } = await signUpToStreams();
    const object = env.STREAMS_DO.getByName(`user:${user.id}`);
    const worker = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
    const cookies = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const { body } = await exports.default.fetch(
      new Request(`${origin}/streams/${path}`, { headers: { ...headers, Origin: origin, Cookie: cookies } }),
    );
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value ?? "";
    };
    await expect
      .poll(() => runInDurableObject(object, (_instance, state) => state.getWebSockets().length), { timeout: 8_000 })
      .toBe(1);
    for (let day = 0; day < 20; day += 5) {
      later(5 * DAY);
      await worker.items.create({ text: `day ${day}.` });
      await until(`day ${day}.`);
      await expectUsedNow(object, session.id);
    }
    await reader.cancel();
    expect((await browser.client("batch", "/streams").auth.me.query()).session.id).toBe(session.id);
  });
});

describe("live queries", () => {
  it("count as use when a result is delivered, and recording that use runs no query again", async () => {
    const { http, object, session, socket, user } = await startLive();
    const texts = socket.watch("notes.texts");
    const list = socket.watch("notes.list");
    await socket.settled();
    await http.trace.mutate();
    later(6 * MINUTE);
    const worker = createCaller<LiveRouter>(env.LIVE_DO).asUser({ userId: user.id });
    await worker.notes.create({ text: "one" });
    await socket.settled();
    await expectUsedNow(object, session.id);
    expect(socket.results(texts)).toEqual([[], ["one"]]);
    await worker.notes.nothing();
    expect((await worker.trace()).toSorted()).toEqual(["notes.list", "notes.texts"]);
    expect(socket.results(list)).toHaveLength(2);
  });

  it("deliver a live list of sessions once for a use, and not for its own delivery", async () => {
    const { object, session, socket, user } = await startLive();
    const sessions = socket.watch("sessions.list");
    const texts = socket.watch("notes.texts");
    await socket.settled();
    later(6 * MINUTE);
    const worker = createCaller<LiveRouter>(env.LIVE_DO).asUser({ userId: user.id });
    await worker.notes.create({ text: "one" });
    await expect.poll(() => socket.results(sessions).length).toBe(2);
    expect(socket.results(texts)).toHaveLength(2);
    await expectUsedNow(object, session.id);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await worker.notes.create({ text: "two" });
    await expect.poll(() => socket.results(texts).length).toBe(3);
    expect(socket.results(sessions)).toHaveLength(2);
    const seen = socket.results(sessions).at(-1) as { readonly lastSeenAt: Date }[];
    expect(seen[0]!.lastSeenAt.getTime()).toBe((await sessionIn(object, session.id)).lastSeenAt);
  });
});

describe("the socket of an organization", () => {
  it.each(["an event", "a message"])("counts %s as use of the session in the user's object", async (what) => {
    const { browser, client, user, session } = await signUp();
    const object = env.BLOG_DO.getByName(`user:${user.id}`);
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme" });
    const socket = await openSocket(browser, `/trpc?organizationId=${organizationId}`);
    socket.send(subscribe(1, "projects.changes", undefined, { organizationId }));
    await socket.until(1);
    later(6 * MINUTE);
    const path = "projects.list";
    if (what === "an event")
      await createCaller<AppRouter>(env.BLOG_DO).asSystem().projects.create({ organizationId, name: "One" });
    else socket.send({ id: 2, method: "query", params: { path, input: { json: { organizationId } } } });
    await socket.until(2);
    await expectUsedNow(object, session.id);
  });

  it("may have a lease that ends later than the session would have expired without this use", async () => {
    const { browser, client, user, session } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme" });
    later(IDLE - MINUTE);
    expect(await client.projects.list.query({ organizationId })).toEqual([]);
    await runInDurableObject(env.BLOG_DO.getByName(`organization:${organizationId}`), (_instance, { storage }) => {
      const { until } = storage.sql.exec("SELECT until FROM _leases WHERE session_id = ?", session.id).one();
      expect(Number(until)).toBeGreaterThan(Date.now() + 4 * MINUTE);
    });
    await expectUsedNow(env.BLOG_DO.getByName(`user:${user.id}`), session.id);
    expect(sessionCookies(browser)).toHaveLength(3);
  });
});

describe("the refresh token of a browser", () => {
  it("is valid until the session's last day, because use over a socket cannot renew a cookie", async () => {
    const { browser } = await signUp();
    const lineOf = (response: Response) => response.headers.getSetCookie().find((line) => line.includes("-refresh="));
    const maxAgeOf = (response: Response) => Number(/Max-Age=(\d+)/.exec(lineOf(response) ?? "")?.[1]) * 1000;
    const renew = async () =>
      browser.fetch("/trpc/auth.refresh", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: "{}",
      });
    expect(maxAgeOf(await renew())).toBeGreaterThan(90 * DAY - MINUTE);
    later(6 * DAY);
    const maxAge = maxAgeOf(await renew());
    expect(maxAge).toBeGreaterThan(84 * DAY - MINUTE);
    expect(maxAge).toBeLessThanOrEqual(84 * DAY);
    // The user's object decides whether the session is idle.
    later(IDLE + MINUTE);
    const response = await renew();
    expect(response.status).toBe(401);
    expect(lineOf(response)).toContain("Max-Age=0");
  });
});
