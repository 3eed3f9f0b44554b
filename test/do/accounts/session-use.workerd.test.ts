import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { withDefaults } from "../../../src/do/accounts/sessions/session-options.js";
import { sessionSchema, sessionDetailSchema } from "../../../src/do/accounts/sessions/session-row.js";
import { createSessionStore } from "../../../src/do/accounts/sessions/session-store.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { openBrowser, password, type Browser } from "../../fixtures/browser.js";
import { openSocket, subscribe } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const IDLE = 7 * DAY;

afterEach(() => void vi.useRealTimers());

function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
}

interface StoredSession {
  readonly last_seen_at: number;
  readonly expires_at: number;
  readonly ends_at: number;
}

/** A user with a socket, and another Worker that writes as the user without a session. */
async function start() {
  const signedUp = await signUpToStreams();
  const object = env.STREAMS_DO.getByName(`user:${signedUp.user.id}`);
  const worker = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: signedUp.user.id });
  const stored = () =>
    runInDurableObject(object, (_instance, { storage }) => {
      const [row] = storage.sql.exec("SELECT * FROM _sessions WHERE id = ?", signedUp.session.id).toArray();
      return row as unknown as StoredSession | undefined;
    });
  const write = (text: string) => worker.items.create({ text });
  const open = () => openSocket(signedUp.browser, "/streams");
  return { ...signedUp, object, stored, write, open };
}

/** The same browser without its access token, as when that has expired. */
function withoutAccess({ cookies }: Browser): Browser {
  const copy = openBrowser();
  for (const [name, value] of cookies) if (!name.endsWith("-access")) copy.cookies.set(name, value);
  return copy;
}

/** Each entry sends something to a socket, or makes the object send something. */
const uses: readonly (readonly [string, (started: Awaited<ReturnType<typeof start>>) => Promise<unknown>])[] = [
  ...["streams.changes", "streams.tracked", "streams.mixed"].map(
    (path) =>
      [
        `an event of ${path}`,
        async ({ open, write }: Awaited<ReturnType<typeof start>>) => {
          const socket = await open();
          socket.send(subscribe(1, path));
          await socket.until(1);
          later(6 * MINUTE);
          await write("one");
          await socket.until(2);
        },
      ] as const,
  ),
  [
    "an event after the object slept",
    async ({ open, write, object }) => {
      const socket = await open();
      socket.send(subscribe(1, "streams.changes"));
      await socket.until(1);
      await evictDurableObject(object, { webSockets: "hibernate" });
      later(6 * MINUTE);
      await write("one");
      await socket.until(2);
    },
  ],
  [
    "a query",
    async ({ open }) => {
      const socket = await open();
      later(6 * MINUTE);
      socket.send({ id: 1, method: "query", params: { path: "echo", input: { json: 1 } } });
      await socket.until(1);
    },
  ],
  [
    "the end of a subscription",
    async ({ open }) => {
      const socket = await open();
      socket.send(subscribe(1, "streams.changes"));
      await socket.until(1);
      later(6 * MINUTE);
      socket.send({ id: 1, method: "subscription.stop" });
      await socket.until(2);
    },
  ],
  [
    "the end of a subscription that does not exist",
    async ({ open, stored }) => {
      const socket = await open();
      const before = await stored();
      later(6 * MINUTE);
      socket.send({ id: 1, method: "subscription.stop" });
      await expect.poll(stored).not.toEqual(before);
    },
  ],
  [
    "a new socket",
    async ({ open }) => {
      later(6 * MINUTE);
      await open();
    },
  ],
  [
    "a new socket without an access token",
    async ({ browser }) => {
      later(16 * MINUTE);
      await openSocket(withoutAccess(browser), "/streams");
    },
  ],
];

describe("a session that is used over a socket only", () => {
  it.each(uses)("records %s as use, and restarts its idle time", async (_name, use) => {
    const started = await start();
    await use(started);
    const now = Date.now();
    const row = await started.stored();
    expect(row?.last_seen_at).toBeGreaterThan(now - MINUTE);
    expect(row?.expires_at).toBe(row!.last_seen_at + IDLE);
  });

  it("writes at most once in five minutes", async () => {
    const { open, write, stored } = await start();
    const socket = await open();
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    later(6 * MINUTE);
    await write("one");
    await socket.until(2);
    const first = await stored();
    later(4 * MINUTE);
    await write("two");
    await socket.until(3);
    expect(await stored()).toEqual(first);
    later(2 * MINUTE);
    await write("three");
    await socket.until(4);
    expect((await stored())!.last_seen_at).toBeGreaterThan(first!.last_seen_at);
  });

  it("is still signed in after 20 days without a call over HTTP", async () => {
    const { browser, write, stored, session } = await start();
    const page = withoutAccess(browser);
    for (let day = 0; day < 20; day += 5) {
      later(5 * DAY);
      const socket = await openSocket(page, "/streams");
      socket.send(subscribe(1, "streams.changes"));
      await socket.until(1);
      later(10 * MINUTE);
      await write(`day ${day}`);
      await socket.until(2);
      socket.socket.close();
    }
    const client = page.client("batch", "/streams");
    expect((await client.auth.me.query()).session.id).toBe(session.id);
    expect((await stored())?.ends_at).toBe(session.createdAt.getTime() + 90 * DAY);
  });

  it("ends on its last day however much it is used", async () => {
    const { browser, write, stored } = await start();
    const page = withoutAccess(browser);
    for (let day = 0; day < 85; day += 5) {
      later(5 * DAY);
      const socket = await openSocket(page, "/streams");
      socket.socket.close();
    }
    later(5 * DAY - 10 * MINUTE);
    const socket = await openSocket(page, "/streams");
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    const row = await stored();
    expect(row?.expires_at).toBe(row?.ends_at);
    later(10 * MINUTE);
    await write("too late");
    expect((await socket.closed).code).toBe(4401);
    await expect(openSocket(page, "/streams")).rejects.toThrow("401");
  });

  it("is not revived by an event after its idle time", async () => {
    const { open, write, stored } = await start();
    const socket = await open();
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    const before = await stored();
    later(8 * DAY);
    await write("too late");
    expect((await socket.closed).code).toBe(4401);
    expect(await stored()).toEqual(before);
  });

  it("extends a session that an earlier version kept in use without moving its idle end", async () => {
    const { open, write, stored, object } = await start();
    const socket = await open();
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    // That version updated `last_seen_at` alone.
    await runInDurableObject(object, (_instance, { storage }) =>
      storage.sql.exec("UPDATE _sessions SET last_seen_at = ?, expires_at = ?", Date.now(), Date.now() + 7 * MINUTE),
    );
    later(6 * MINUTE);
    await write("one");
    await socket.until(2);
    const row = await stored();
    expect(row?.expires_at).toBe(row!.last_seen_at + IDLE);
  });
});

describe("the idle time", () => {
  it("is not extended by pings, which leave the object asleep", async () => {
    const { open, stored, object } = await start();
    const socket = await open();
    const before = await stored();
    await evictDurableObject(object, { webSockets: "hibernate" });
    later(6 * MINUTE);
    await socket.ping();
    await expect(evictDurableObject(object)).rejects.toThrow(/not currently running/);
    expect(await stored()).toEqual(before);
  });

  it("is not extended by pings and pongs that the object itself receives", async () => {
    const { open, stored, object } = await start();
    await open();
    const before = await stored();
    later(6 * MINUTE);
    await runInDurableObject(object, async (instance, state) => {
      const [end] = state.getWebSockets();
      for (const frame of ["PING", "PONG"]) if (end) await instance.webSocketMessage(end, frame);
    });
    expect(await stored()).toEqual(before);
  });

  it("is not extended by calls that another Worker makes as the user", async () => {
    const { stored, write } = await start();
    const before = await stored();
    later(6 * MINUTE);
    await write("one");
    expect(await stored()).toEqual(before);
  });

  it("is not extended by events of another session", async () => {
    const { email, stored, write } = await start();
    const browser = openBrowser();
    await browser.client("batch", "/streams").auth.login.mutate({ email, password });
    const socket = await openSocket(browser, "/streams");
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    const before = await stored();
    later(6 * MINUTE);
    await write("one");
    await socket.until(2);
    expect(await stored()).toEqual(before);
  });
});

it("keeps the session of a page that only listens at the session limit, and ends an unused one", async () => {
  const { email, object, open, session, write } = await start();
  const socket = await open();
  socket.send(subscribe(1, "streams.changes"));
  await socket.until(1);
  later(10 * MINUTE);
  await runInDurableObject(object, (_instance, { storage }) => {
    const store = createSessionStore(storage.sql, withDefaults());
    for (let count = 1; count < 50; count++) store.create(Date.now() - MINUTE, undefined);
  });
  await write("one");
  await socket.until(2);
  await openBrowser().client("batch", "/streams").auth.login.mutate({ email, password });
  const ids = await runInDurableObject(object, (_instance, { storage }) =>
    storage.sql.exec("SELECT id FROM _sessions").toArray(),
  );
  expect(ids).toHaveLength(50);
  expect(ids).toContainEqual({ id: session.id });
});

it("keeps a session with a short idle time signed in between two records of use", () =>
  runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), (_instance, { storage }) => {
    for (const statement of [sessionSchema, ...sessionDetailSchema]) storage.sql.exec(statement);
    const store = createSessionStore(storage.sql, withDefaults({ idle: 60 }));
    const { id } = store.create(0, undefined);
    for (let second = 0; second < 300; second++) {
      const alive = store.findActive(id, second * 1000);
      expect(alive?.id).toBe(id);
      store.touch(alive!, second * 1000);
    }
    expect(store.findActive(id, 299_000 + 53_000)?.id).toBe(id);
    expect(store.findActive(id, 299_000 + 60_001)).toBeUndefined();
  }));
