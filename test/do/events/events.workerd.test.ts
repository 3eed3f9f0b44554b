import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createCaller, errorReason } from "trpc-userdo/worker";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { eventsOf, openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";

const blog = () => createCaller<AppRouter>(env.BLOG_DO);
const userObject = (id: string) => env.BLOG_DO.getByName(`user:${id}`);
const sleep = (id: string) => evictDurableObject(userObject(id), { webSockets: "hibernate" });

async function listening(browser: Browser, input?: unknown, path = "events.listen"): Promise<RawSocket> {
  const socket = await openSocket(browser);
  socket.send(subscribe(1, path, undefined, input));
  await socket.until(1);
  return socket;
}

const reasonOf = (call: Promise<unknown>) => call.then(() => undefined, errorReason);
const received = (socket: RawSocket, id = 1) =>
  eventsOf(socket.frames.filter((frame) => frame.id === id)).map(({ change }) => change);
const notice = (text: string) => ({ type: "event", name: "notice", data: { text } });
const pointer = (x: number, y = x) => ({ type: "event", name: "pointer", data: { x, y } });

async function started(input?: unknown, path?: string) {
  const signedUp = await signUp();
  return { ...signedUp, socket: await listening(signedUp.browser, input, path) };
}

describe("emit", () => {
  it("delivers to the user's listeners from procedures, methods, other Workers and hooks, and to nobody else", async () => {
    const email = `noticed-${freshEmail()}`;
    const { client, user, browser } = await signUp(email);
    const socket = await listening(browser);
    const stranger = await started();
    await client.notices.send.mutate({ text: "procedure", at: new Date(0) });
    await userObject(user.id).notify("method");
    await blog().emit({ userId: user.id }, "notice", { text: "worker" });
    await blog().emit({ userId: user.id }, "pointer", { x: 7, y: 7 });
    await blog().emit({ userId: user.id }, "slug", { name: "ÉCOLE" });
    await openBrowser().client().auth.login.mutate({ email, password });
    await socket.until(8);
    expect(received(socket)).toMatchObject([
      { type: "event", name: "notice", data: { text: "procedure", at: "1970-01-01T00:00:00.000Z" } },
      notice("method"),
      pointer(6),
      notice("worker"),
      pointer(7),
      { type: "event", name: "slug", data: { name: { slug: "école" } } },
      notice("signed in"),
    ]);
    expect(stranger.socket.frames).toHaveLength(1);
  });

  it("delivers an organization's events to its members only, and the app's events to every user", async () => {
    const { client, browser } = await signUpVerified();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const open = (who: Browser, path: string) => openSocket(who, path);
    const socket = await open(browser, `/trpc?organizationId=${organizationId}`);
    socket.send(subscribe(1, "events.listen", undefined, { organizationId, names: ["notice", "pointer"] }));
    socket.send(subscribe(2, "events.listen", undefined, { organizationId: "0".repeat(32) }));
    await socket.until(2);
    const own = await listening(browser);
    own.send(subscribe(2, "events.listen", undefined, { organizationId }));
    const { browser: other } = await signUp();
    const app = await open(other, "/trpc?app");
    app.send(subscribe(1, "events.app.listen", undefined, { names: ["news"] }));
    await app.until(1);

    await client.notices.organization.mutate({ organizationId, text: "members" });
    await blog().emit({ organizationId }, "notice", { text: "worker" });
    const text = crypto.randomUUID();
    await client.notices.app.mutate({ text });
    await blog().emit("app", "news", { text: `worker ${text}` });
    await socket.until(5);
    expect(received(socket)).toEqual([notice("members"), pointer(4), notice("worker")]);
    expect(socket.frames.find(({ id }) => id === 2)?.error?.json.data).toMatchObject({ code: "FORBIDDEN" });
    await expect
      .poll(() => received(app).map((event) => (event as { data: { text: string } }).data.text))
      .toEqual(expect.arrayContaining([text, `worker ${text}`]));
    await own.until(2);
    expect(own.frames[1]?.error?.json.data).toMatchObject({ reason: "WRONG_OBJECT" });
    expect(received(own)).toEqual([]);
  });

  it("delivers in the order of the log, transient events after the stored ones of their transaction", async () => {
    const { client, socket } = await started();
    socket.send(subscribe(2, "posts.changes"));
    await socket.until(2);
    await client.notices.mixed.mutate({ text: "first" });
    await client.posts.create.mutate({ title: "row", body: "" });
    await client.notices.send.mutate({ text: "second" });
    await socket.until(6);
    expect(received(socket)).toEqual([notice("first"), pointer(1), notice("second")]);
    const cursors = eventsOf(socket.frames).map(({ cursor }) => Number(cursor?.split(".")[0]));
    expect(cursors).toEqual(cursors.toSorted((one, other) => one - other));
  });

  it("delivers nothing of a transaction that is rolled back, stored or transient", async () => {
    const { client, socket, user } = await started();
    await client.notices.mixed.mutate({ text: "lost", fail: true }).catch(() => {});
    await client.notices.later.mutate({ text: "lost", fail: true }).catch(() => {});
    await client.notices.later.mutate({ text: "kept" });
    await socket.until(3);
    expect(received(socket)).toEqual([notice("kept"), pointer(2)]);
    await runInDurableObject(userObject(user.id), (_instance, { storage }) => {
      expect([...storage.sql.exec(`SELECT data FROM _changes WHERE "table" = '_events'`).raw()]).toEqual([
        ['{"text":"kept"}'],
      ]);
    });
  });

  it("has its effect once for a repeat with the same idempotency key", async () => {
    const { user, socket } = await started();
    for (const text of ["once", "once", "other"])
      await createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey: "job-1" }).emit({ userId: user.id }, "notice", {
        text,
      });
    await socket.until(3);
    expect(received(socket)).toEqual([notice("once"), notice("other")]);
  });

  it.each([
    ["unknown", { text: "x" }, "EVENT_UNKNOWN"],
    ["news", { text: "x" }, "EVENT_UNKNOWN"],
    ["toString", { text: "x" }, "EVENT_UNKNOWN"],
    ["notice", { text: "" }, "EVENT_INVALID"],
    ["notice", null, "EVENT_INVALID"],
    ["pointer", { x: 1 }, "EVENT_INVALID"],
  ])("refuses %s with %j: %s", async (name, data, reason) => {
    const { client, user } = await signUp();
    expect(await reasonOf(client.notices.any.mutate({ name, data }))).toBe(reason);
    expect(await reasonOf(blog().emit({ userId: user.id }, name as "notice", data as { text: string }))).toBe(reason);
  });

  it("accepts 32 KiB, and not more", async () => {
    const { client, socket } = await started();
    const text = "x".repeat(32_757);
    for (const longer of [`${text}x`, "日".repeat(11_000)])
      expect(await reasonOf(client.notices.send.mutate({ text: longer }))).toBe("EVENT_TOO_LARGE");
    await client.notices.send.mutate({ text });
    await socket.until(2);
    expect(received(socket)).toEqual([notice(text)]);
  });

  it("is refused for clients, and for owners that do not exist", async () => {
    const { client, browser, user } = await signUp();
    const untyped = client as unknown as { _emit: { mutate(input: unknown): Promise<void> } };
    const input = { name: "notice", data: { text: "x" } };
    expect(await reasonOf(untyped._emit.mutate(input))).toBe("SYSTEM_ONLY");
    const socket = await openSocket(browser);
    socket.send({ id: 1, method: "mutation", params: { path: "_emit", input: { json: input } } });
    await socket.until(1);
    expect(socket.frames[0]?.error?.json.data).toMatchObject({ reason: "SYSTEM_ONLY" });
    const missing = "0".repeat(user.id.length);
    const { emit } = blog();
    expect(await reasonOf(emit({ userId: missing }, "notice", { text: "x" }))).toBe("USER_NOT_FOUND");
    expect(await reasonOf(emit({ organizationId: missing }, "notice", { text: "x" }))).toBe("NOT_A_MEMBER");
  });

  it.each(["notice", "pointer"] as const)("refuses %s in a live query, and not in a query", async (name) => {
    const { client, socket } = await started();
    socket.send(subscribe(2, "_live", undefined, { path: "notices.query", input: name }));
    await socket.until(3);
    expect(socket.frames.at(-1)?.error?.json.data).toMatchObject({ reason: "LIVE_QUERY_WRITES" });
    await client.notices.query.query(name);
    await socket.until(4);
    expect(received(socket)).toHaveLength(1);
  });
});

describe("listen", () => {
  it("delivers only the named events, before and after hibernation", async () => {
    const { client, socket, user } = await started({ names: ["pointer"] });
    socket.send(subscribe(2, "events.listen", undefined, { names: ["slug", "notice"] }));
    await socket.until(2);
    const emitAll = async (x: number) => {
      await client.notices.send.mutate({ text: `n${x}` });
      await client.notices.point.mutate({ x, y: x });
      await client.notices.any.mutate({ name: "slug", data: { name: `s${x}` } });
    };
    await emitAll(1);
    await socket.until(5);
    await sleep(user.id);
    await emitAll(2);
    await socket.until(8);
    await sleep(user.id);
    // The first event after the sleep is transient, and wakes only its own listener.
    await client.notices.point.mutate({ x: 3, y: 3 });
    await socket.until(9);
    expect(received(socket)).toEqual([pointer(1), pointer(2), pointer(3)]);
    const slug = (name: string) => ({ type: "event", name: "slug", data: { name: { slug: name } } });
    expect(received(socket, 2)).toEqual([notice("n1"), slug("s1"), notice("n2"), slug("s2")]);
  });

  it("continues an app's own generator after hibernation, also for a transient event", async () => {
    const { client, socket, user } = await started(undefined, "notices.texts");
    await sleep(user.id);
    await client.notices.point.mutate({ x: 1, y: 1 });
    await socket.until(2);
    await client.notices.send.mutate({ text: "awake" });
    await socket.until(3);
    await sleep(user.id);
    await client.notices.point.mutate({ x: 2, y: 2 });
    await socket.until(4);
    await client.notices.send.mutate({ text: "last" });
    await socket.until(5);
    expect(received(socket)).toEqual(["at 1", "awake", "at 2", "last"]);
  });

  it("delivers missed events once to a client that reconnects, across an eviction, and no transient ones", async () => {
    const { client, browser, socket, user } = await started();
    await client.notices.send.mutate({ text: "one" });
    await client.notices.point.mutate({ x: 1, y: 1 });
    await socket.until(3);
    const [, last] = eventsOf(socket.frames);
    socket.socket.close();
    await client.notices.mixed.mutate({ text: "two" });
    await evictDurableObject(userObject(user.id));
    await client.notices.send.mutate({ text: "three" });
    const again = await openSocket(browser);
    again.send(subscribe(1, "events.listen", last?.cursor));
    again.send(subscribe(2, "events.listen", last?.cursor, { names: ["pointer", "slug"] }));
    again.send(subscribe(3, "events.listen", "999.0123456789abcdef", { names: ["pointer"] }));
    await again.until(6);
    await client.notices.point.mutate({ x: 9, y: 9 });
    await again.until(9);
    expect(received(again)).toEqual([notice("two"), notice("three"), pointer(9)]);
    expect(received(again, 2)).toEqual([pointer(9)]);
    expect(received(again, 3)).toEqual([{ type: "reset" }, pointer(9)]);
  });

  it("delivers one reset after a gap that was pruned", async () => {
    const browser = openBrowser();
    const client = browser.client("http", "/other");
    const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
    const socket = await openSocket(browser, "/other");
    socket.send(subscribe(1, "events.listen"));
    await socket.until(1);
    await client.notices.send.mutate({ text: "before" });
    await socket.until(2);
    const cursor = eventsOf(socket.frames)[0]?.cursor;
    socket.socket.close();
    const object = env.OTHER_DO.getByName(`user:${user.id}`);
    await client.notices.send.mutate({ text: "lost" });
    await object.fill(1_200);
    await runInDurableObject(object, (instance) => instance.alarm());
    const again = await openSocket(browser, "/other");
    again.send(subscribe(1, "events.listen", cursor));
    await again.until(2);
    await client.notices.send.mutate({ text: "after" });
    await again.until(3);
    expect(received(again)).toEqual([{ type: "reset" }, notice("after")]);
  });

  it("drops transient events for a client that does not read, counts them, and keeps the stored ones", async () => {
    const { client, socket, user } = await started();
    const text = "x".repeat(30_000);
    for (let n = 0; n < 24; n++) await client.notices.send.mutate({ text });
    await expect.poll(() => socket.texts.at(-1)).toBe("PING");
    const before = socket.frames.length;
    await client.notices.point.mutate({ x: 1, y: 1 });
    await client.notices.send.mutate({ text: "stored" });
    await client.notices.point.mutate({ x: 2, y: 2 });
    expect(await userObject(user.id).counters()).toMatchObject({ droppedEvents: 2 });
    expect(socket.frames).toHaveLength(before);
    socket.socket.addEventListener("message", ({ data }) => data === "PING" && socket.socket.send("PONG"));
    socket.socket.send("PONG");
    await socket.until(26);
    await client.notices.point.mutate({ x: 3, y: 3 });
    await socket.until(27);
    expect(received(socket).slice(-2)).toEqual([notice("stored"), pointer(3)]);
  });

  it("ends with the session", async () => {
    const { client, browser, email } = await signUp();
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    const socket = await listening(other);
    const own = await listening(browser);
    await client.sessions.revokeOthers.mutate();
    await client.notices.mixed.mutate({ text: "private" });
    await own.until(3);
    expect((await socket.closed).code).toBe(4401);
    expect(socket.frames).toHaveLength(1);
  });

  it("reaches other Workers as a stream", async () => {
    const { user } = await signUp();
    const events = await blog()
      .asUser({ userId: user.id })
      .events.listen({ names: ["notice"] });
    const iterator = events[Symbol.asyncIterator]();
    const next = iterator.next();
    await expect
      .poll(() =>
        userObject(user.id)
          .counters()
          .then(({ sockets }) => sockets),
      )
      .toBe(1);
    await blog().emit({ userId: user.id }, "notice", { text: "hello", at: new Date(5) });
    expect(await next).toMatchObject({
      value: { data: { type: "event", name: "notice", data: { text: "hello", at: new Date(5) } } },
    });
    await iterator.return?.();
  });

  it.each([[{ names: [] }], [{ names: ["missing"] }], [{ names: "notice" }], [{ other: 1 }]])(
    "refuses %j with BAD_REQUEST",
    async (input) => {
      const { socket } = await started(input);
      expect(socket.frames[0]?.error?.json.data.code).toBe("BAD_REQUEST");
    },
  );
});

describe("storage", () => {
  it("has one row in the log for a stored event, and none for a transient one", async () => {
    const { client, user } = await signUp();
    const count = () =>
      runInDurableObject(userObject(user.id), (_instance, { storage }) =>
        Number(storage.sql.exec("SELECT count(*) AS n FROM _changes").one()["n"]),
      );
    const before = await count();
    await client.notices.point.mutate({ x: 1, y: 1 });
    expect(await count()).toBe(before);
    await client.notices.send.mutate({ text: "stored" });
    expect(await count()).toBe(before + 1);
  });

  it("prunes by the bytes of events", async () => {
    const { user } = await signUp();
    const object = userObject(user.id);
    const text = "x".repeat(32_000);
    for (let n = 0; n < 10; n++)
      await runInDurableObject(object, (instance) => {
        for (let m = 0; m < 30; m++) instance.notify(text);
      });
    const bytes = () =>
      runInDurableObject(object, (_instance, { storage }) =>
        Number(storage.sql.exec("SELECT sum(octet_length(data)) AS n FROM _changes").one()["n"]),
      );
    // The alarm is due at once, and may have run already.
    await runDurableObjectAlarm(object);
    await expect.poll(bytes).toBeLessThan(9_300_000);
    expect(await bytes()).toBeGreaterThan(7_500_000);
  });

  it.each(["user", "organization", "app"] as const)(
    "of an earlier version gets the column of events: %s",
    async (kind) => {
      const { client, user } = await signUpVerified();
      const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
      const names = { user: `user:${user.id}`, organization: `organization:${organizationId}`, app: "app:main" };
      const targets = { user: { userId: user.id }, organization: { organizationId }, app: "app" } as const;
      if (kind === "app") await client.announcements.list.query();
      const object = env.BLOG_DO.getByName(names[kind]);
      await runInDurableObject(object, (_instance, { storage }) => {
        storage.sql.exec("ALTER TABLE _changes DROP COLUMN data");
        becomeEarlierVersion(storage.sql);
      });
      await evictDurableObject(object);
      const { emit } = blog();
      if (kind === "app") await emit("app", "news", { text: "upgraded" });
      else await emit(targets[kind] as { userId: string }, "notice", { text: "upgraded" });
      await runInDurableObject(object, (_instance, { storage }) => {
        const [last] = [...storage.sql.exec("SELECT data FROM _changes ORDER BY seq DESC LIMIT 1").raw()];
        expect(last).toEqual(['{"text":"upgraded"}']);
      });
    },
  );
});
