import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createCaller, errorReason } from "trpc-userdo/worker";
import superjson from "superjson";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { join, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";

interface Connection {
  readonly id: string;
  readonly state: object | null;
}
interface Member {
  readonly userId: string;
  readonly connections: readonly Connection[];
}
type Change = { readonly type: string; readonly userId?: string; readonly member?: Member };
interface Message {
  readonly type: string;
  readonly members?: readonly Member[];
  readonly changes?: readonly Change[];
}

/** The messages of a subscription. */
const messages = (socket: RawSocket, id = 1): Message[] =>
  socket.frames.flatMap(({ id: of, result }) =>
    of === id && result?.type === "data" ? [(result.data!.json as { data: Message }).data] : [],
  );

/** What happened since the first message, as short texts. */
const changesOf = (socket: RawSocket, names: Readonly<Record<string, string>>): string[] =>
  messages(socket).flatMap(({ changes = [] }) =>
    changes.map(({ type, userId, member }) => {
      const states = member?.connections.map(({ state }) => JSON.stringify(state)).join(" ");
      return [type, names[userId ?? member?.userId ?? ""], states].filter(Boolean).join(" ");
    }),
  );

const open = (browser: Browser, organizationId: string) =>
  openSocket(browser, `/trpc?organizationId=${organizationId}`);

const send = (socket: RawSocket, path: string, input: unknown) =>
  socket.send({ id: 99, method: "mutation", params: { path, input: superjson.serialize(input) } });

/** Two members of an organization, of whom the first watches. */
async function createTeam() {
  const ann = await signUpVerified();
  const bob = await signUpVerified();
  const { id: organizationId } = await ann.client.organizations.create.mutate({ name: "Ours" });
  await join(organizationId, { by: ann, who: bob, role: "member" });
  const object = env.BLOG_DO.getByName(`organization:${organizationId}`);
  const watcher = await open(ann.browser, organizationId);
  watcher.send(subscribe(1, "presence.watch", undefined, { organizationId }));
  await watcher.until(2);
  const names = { [ann.user.id]: "ann", [bob.user.id]: "bob" };
  const list = async () => {
    const members = await ann.client.presence.list.query({ organizationId });
    return members.map(({ userId, connections }) => `${names[userId]} ${connections.length}`).toSorted();
  };
  const changes = () => changesOf(watcher, names);
  const sleep = () => evictDurableObject(object, { webSockets: "hibernate" });
  const openAs = (who: Person) => open(who.browser, organizationId);
  return { ann, bob, organizationId, object, watcher, names, list, changes, sleep, openAs };
}

/** Ends the grace periods that run. */
async function endGrace(object: DurableObjectStub): Promise<void> {
  await runInDurableObject(object, (_instance, { storage }) => {
    storage.sql.exec("UPDATE _presence_departures SET leaves_at = 0");
  });
  await runInDurableObject(object, (instance) => (instance as unknown as { alarm(): Promise<void> }).alarm());
}

const departures = (object: DurableObjectStub) =>
  runInDurableObject(object, (_instance, { storage }) =>
    Number(storage.sql.exec("SELECT count(*) AS n FROM _presence_departures").one()["n"]),
  );

describe("presence.watch", () => {
  it("delivers everyone at first, and then who joins, changes and leaves", async () => {
    const { bob, organizationId, object, watcher, names, list, changes, openAs } = await createTeam();
    expect(messages(watcher)[0]?.members?.map(({ userId }) => names[userId])).toEqual(["ann"]);
    const socket = await openAs(bob);
    await expect.poll(changes).toEqual(["join bob null"]);
    send(socket, "presence.set", { organizationId, state: { page: "/a", at: new Date(0) } });
    await expect.poll(changes).toHaveLength(2);
    expect(changes()[1]).toBe('update bob {"at":"1970-01-01T00:00:00.000Z","page":"/a"}');
    const second = await openAs(bob);
    await expect.poll(changes).toHaveLength(3);
    expect(await list()).toEqual(["ann 1", "bob 2"]);
    second.socket.close();
    socket.socket.close();
    await expect.poll(() => departures(object)).toBe(2);
    expect(await list()).toEqual(["ann 1", "bob 2"]);
    await endGrace(object);
    await expect.poll(changes).toHaveLength(4);
    expect(changes()[3]).toBe("leave bob");
    expect(await list()).toEqual(["ann 1"]);
  });

  it("keeps a person present while the page is loaded again, with the state and the time", async () => {
    const { bob, ann, organizationId, object, changes, list, openAs } = await createTeam();
    const socket = await openAs(bob);
    send(socket, "presence.set", { organizationId, state: { page: "/a" } });
    await socket.until(1);
    const entry = async () =>
      (await ann.client.presence.list.query({ organizationId })).find(({ userId }) => userId === bob.user.id);
    const before = await entry();
    socket.socket.close();
    await expect.poll(() => departures(object)).toBe(1);
    await openAs(bob);
    await expect.poll(() => departures(object)).toBe(0);
    const after = await entry();
    expect(after?.connections).toHaveLength(1);
    expect(after?.connections[0]).toMatchObject({ state: { page: "/a" }, since: before?.connections[0]?.since });
    await endGrace(object);
    expect(await list()).toEqual(["ann 1", "bob 1"]);
    await expect.poll(changes).not.toEqual([]);
    expect(changes().filter((change) => change.startsWith("leave"))).toEqual([]);
  });

  it("continues after hibernation, for joins, states and the end of a grace period", async () => {
    const { bob, organizationId, object, watcher, changes, sleep, openAs, list } = await createTeam();
    await sleep();
    const socket = await openAs(bob);
    await expect.poll(changes).toEqual(["join bob null"]);
    await sleep();
    send(socket, "presence.set", { organizationId, state: { page: "/b" } });
    await expect.poll(changes).toHaveLength(2);
    await sleep();
    expect(await list()).toEqual(["ann 1", "bob 1"]);
    socket.socket.close();
    await expect.poll(() => departures(object)).toBe(1);
    await sleep();
    await endGrace(object);
    await expect.poll(changes).toEqual(["join bob null", 'update bob {"page":"/b"}', "leave bob"]);
    expect(messages(watcher).filter(({ type }) => type === "sync")).toHaveLength(1);
  });

  it("sets the alarm for the end of the grace period, and no row for the last person", async () => {
    const { bob, object, watcher, openAs } = await createTeam();
    const socket = await openAs(bob);
    socket.socket.close();
    await expect.poll(() => departures(object)).toBe(1);
    await runInDurableObject(object, async (_instance, { storage }) => {
      const [row] = [...storage.sql.exec("SELECT leaves_at FROM _presence_departures").raw()];
      expect(await storage.getAlarm()).toBeLessThanOrEqual(Number(row?.[0]));
      expect(Number(row?.[0])).toBeGreaterThan(Date.now() + 8_000);
    });
    await endGrace(object);
    watcher.socket.close();
    await expect.poll(() => runInDurableObject(object, (_i, state) => state.getWebSockets().length)).toBe(0);
    expect(await departures(object)).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBeTypeOf("boolean");
  });

  it("lets a removed member, an ended session and a suspended user leave at once", async () => {
    const { ann, bob, organizationId, object, changes, openAs, list } = await createTeam();
    const socket = await openAs(bob);
    await expect.poll(changes).toHaveLength(1);
    const other = openBrowser();
    await other.client().auth.login.mutate({ email: bob.email, password });
    const device = await open(other, organizationId);
    await expect.poll(changes).toHaveLength(2);
    device.socket.close();
    await expect.poll(() => departures(object)).toBe(1);
    // The lost connection of an ended session leaves too.
    await bob.client.sessions.revokeOthers.mutate();
    await expect.poll(changes).toHaveLength(3);
    expect(await list()).toEqual(["ann 1", "bob 1"]);
    await ann.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    await socket.closed;
    await expect.poll(changes).toHaveLength(4);
    expect(changes()[3]).toBe("leave bob");
    expect(await list()).toEqual(["ann 1"]);
    expect(await departures(object)).toBe(0);
  });

  it("sends a client that did not read everyone again, and not the changes that it missed", async () => {
    const { bob, organizationId, watcher, openAs, names, ann } = await createTeam();
    watcher.send(subscribe(2, "projects.changes", undefined, { organizationId }));
    await watcher.until(3);
    for (let n = 0; n < 10; n++) await ann.client.projects.create.mutate({ organizationId, name: "x".repeat(40_000) });
    await expect.poll(() => watcher.texts.at(-1)).toBe("PING");
    const socket = await openAs(bob);
    send(socket, "presence.set", { organizationId, state: { page: "/c" } });
    await socket.until(1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(messages(watcher)).toHaveLength(1);
    watcher.socket.addEventListener("message", ({ data }) => data === "PING" && watcher.socket.send("PONG"));
    watcher.socket.send("PONG");
    await expect.poll(() => messages(watcher).length).toBe(2);
    const [, sync] = messages(watcher);
    expect(sync?.members?.map(({ userId }) => names[userId]).toSorted()).toEqual(["ann", "bob"]);
  });

  it("merges the changes of many people into few messages", async () => {
    const { bob, organizationId, watcher, openAs, changes } = await createTeam();
    await Promise.all(Array.from({ length: 20 }, () => openAs(bob)));
    await expect.poll(() => messages(watcher).at(-1)?.changes?.[0]?.member?.connections.length).toBe(20);
    expect(messages(watcher).length).toBeLessThan(12);
    expect(changes()[0]).toMatch(/^join bob/);
    expect(organizationId).toBeTruthy();
  });

  it("is available to generators of the app, also after hibernation", async () => {
    const { bob, organizationId, object, openAs } = await createTeam();
    const socket = await openAs(bob);
    socket.send(subscribe(1, "present.kinds", undefined, { organizationId }));
    await socket.until(2);
    const texts = () => messages(socket) as unknown as string[];
    await expect.poll(texts).toContainEqual(expect.stringContaining("sync"));
    await evictDurableObject(object, { webSockets: "hibernate" });
    const before = texts().length;
    await openAs(bob);
    await expect.poll(() => texts().length).toBeGreaterThan(before);
  });
});

describe("presence.set", () => {
  it("finds the socket by the name that the client gave it, and stores no key", async () => {
    const { bob, organizationId, object, changes, openAs, sleep } = await createTeam();
    const [one, two] = [await openAs(bob), await openAs(bob)];
    for (const [name, socket] of Object.entries({ one, two }))
      socket.send(subscribe(1, "presence.watch", undefined, { organizationId, connection: name }));
    await Promise.all([one.until(2), two.until(2)]);
    await sleep();
    const state = { page: "/two" };
    await bob.client.presence.set.mutate({ organizationId, connection: "two", state });
    await expect.poll(() => changes().at(-1)).toBe('update bob null {"page":"/two"}');
    const rows = await runInDurableObject(object, (_instance, { storage }) =>
      Number(storage.sql.exec("SELECT count(*) AS n FROM _idempotency").one()["n"]),
    );
    expect(rows).toBe(0);
    // Another session, a name that does not exist, and no name over HTTP.
    const other = openBrowser();
    await other.client().auth.login.mutate({ email: bob.email, password });
    const refused = [
      () => other.client().presence.set.mutate({ organizationId, connection: "two", state }),
      () => bob.client.presence.set.mutate({ organizationId, connection: "three", state }),
      () => bob.client.presence.set.mutate({ organizationId, state }),
    ];
    for (const each of refused) expect(await each().then(() => undefined, errorReason)).toBe("CONNECTION_NOT_FOUND");
  });

  it.each([
    [{ page: 1 }, "PRESENCE_INVALID"],
    [null, "PRESENCE_INVALID"],
    [{ page: "x".repeat(1_100) }, "PRESENCE_TOO_LARGE"],
    [{ page: "日".repeat(400) }, "PRESENCE_TOO_LARGE"],
  ])("refuses %j", async (state, reason) => {
    const { client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const call = client.presence.set.mutate({ organizationId, connection: "main", state: state as { page: string } });
    expect(await call.then(() => undefined, errorReason)).toBe(reason);
  });

  it("keeps the largest state with the largest subscriptions that an attachment can have", async () => {
    const { ann, organizationId, watcher } = await createTeam();
    const name = "n".repeat(60);
    for (let id = 10; id < 50; id++)
      watcher.send(subscribe(id, "presence.watch", undefined, { organizationId, connection: name }));
    await watcher.until(2 + 80);
    const page = `日${"x".repeat(1_000)}`;
    await ann.client.presence.set.mutate({ organizationId, connection: name, state: { page } });
    const pages = await ann.client.present.pages.query({ organizationId });
    expect(pages).toEqual([page]);
  });
});

describe("presence.list", () => {
  it("is current as a live query, and for the app's own code", async () => {
    const { ann, bob, organizationId, openAs } = await createTeam();
    const socket = await openAs(ann);
    const input = { path: "present.pages", input: { organizationId }, organizationId };
    socket.send(subscribe(5, "_live", undefined, input));
    await expect.poll(() => messages(socket, 5).at(-1)).toEqual([null, null]);
    await openAs(bob);
    await expect.poll(() => messages(socket, 5).at(-1)).toEqual([null, null, null]);
    const members = await createCaller<AppRouter>(env.BLOG_DO).asSystem().presence.list({ organizationId });
    expect(members.map(({ userId }) => userId).toSorted()).toEqual([ann.user.id, bob.user.id].toSorted());
  });

  it("shows a user's own devices, and people in the app, and is refused for others", async () => {
    const { client, browser, user, email } = await signUp();
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    await openSocket(browser);
    await openSocket(other);
    const [mine] = await client.presence.list.query();
    expect(mine).toMatchObject({ userId: user.id, connections: [{ state: null }, { state: null }] });
    const stranger = await signUp();
    expect(await stranger.client.presence.list.query()).toEqual([]);
    await openSocket(browser, "/trpc?app");
    const people = await stranger.client.presence.app.list.query();
    expect(people.map(({ userId }) => userId)).toContain(user.id);
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const refused = stranger.client.presence.list.query({ organizationId });
    expect(await refused.then(() => undefined, errorReason)).toBe("NOT_A_MEMBER");
  });

  it("is refused if the app declares no presence", async () => {
    const browser = openBrowser();
    const client = browser.client("http", "/streams");
    await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password });
    const call = client.presence.list.query();
    expect(await call.then(() => undefined, errorReason)).toBe("PRESENCE_NOT_DECLARED");
  });
});
