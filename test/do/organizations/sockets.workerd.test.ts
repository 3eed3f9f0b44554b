import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join, organizationName, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { eventsOf, openSocket, subscribe, upgrade } from "../../fixtures/socket.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let ada: Person;
let bob: Person;
let organizationId: string;

beforeAll(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
});

/** Ada is the owner, Bob an administrator. */
beforeEach(async () => {
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  await join(organizationId, { by: ada, who: bob, role: "admin" });
});

afterEach(() => void vi.useRealTimers());

function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
}

const object = () => env.BLOG_DO.getByName(organizationName(organizationId));
const pathOf = (id = organizationId) => `/trpc?organizationId=${id}`;
const open = (browser: Browser) => openSocket(browser, pathOf());
const write = (name: string) => ada.client.projects.create.mutate({ organizationId, name });
const namesIn = (frames: Parameters<typeof eventsOf>[0]) =>
  eventsOf(frames).map(({ change }) => {
    const { data } = change as { data?: { name: string } };
    return data?.name ?? change;
  });

/** Another browser in which Bob has signed in. */
async function another() {
  const browser = openBrowser();
  const client = browser.client();
  const { session } = await client.auth.login.mutate({ email: bob.email, password });
  return { browser, client, session };
}

async function listening(browser: Browser, path = "projects.changes") {
  const socket = await open(browser);
  socket.send(subscribe(1, path, undefined, { organizationId }));
  await socket.until(1);
  return socket;
}

const leases = () =>
  runInDurableObject(object(), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT session_id FROM _leases")
      .toArray()
      .map((row) => row["session_id"]),
  );

describe("an organization's socket", () => {
  it("delivers a member's writes to every member, and to nobody else", async () => {
    const [adas, bobs] = await Promise.all([listening(ada.browser), listening(bob.browser)]);
    const own = await openSocket(bob.browser);
    own.send(subscribe(1, "posts.changes"));
    await own.until(1);
    await bob.client.projects.create.mutate({ organizationId, name: "One" });
    await ada.client.projects.setTheme.mutate({ organizationId, theme: "dark" });
    for (const socket of [adas, bobs]) {
      await socket.until(2);
      expect(namesIn(socket.frames)).toEqual(["One"]);
    }
    expect(own.frames).toHaveLength(1);
    expect(await ada.client.projects.list.query({ organizationId })).toMatchObject([{ name: "One" }]);
  });

  it("delivers changed keys and values to every member", async () => {
    const socket = await listening(bob.browser, "projects.themes");
    await ada.client.projects.setTheme.mutate({ organizationId, theme: "dark" });
    await socket.until(2);
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { type: "set", value: { theme: "dark" } } }]);
    for (const { client } of [ada, bob]) expect(await client.projects.theme.query({ organizationId })).toBe("dark");
    expect(await codeOf((await signUp()).client.projects.theme.query({ organizationId }))).toBe("FORBIDDEN");
  });

  it("continues after hibernation", async () => {
    const [changes, names] = await Promise.all([listening(bob.browser), listening(bob.browser, "projects.names")]);
    await evictDurableObject(object(), { webSockets: "hibernate" });
    await write("One");
    await evictDurableObject(object(), { webSockets: "hibernate" });
    await write("Two");
    await Promise.all([changes.until(3), names.until(3)]);
    expect(namesIn(changes.frames)).toEqual(["One", "Two"]);
    expect(eventsOf(names.frames).map(({ change }) => change)).toEqual(["One", "Two"]);
  });

  it("is refused to strangers, without a session, and for an unknown id", async () => {
    const eve = await signUp();
    const upgradeTo = (browser: Pick<Browser, "cookies">, id?: string) => upgrade(browser, {}, pathOf(id));
    expect((await upgradeTo(eve.browser)).status).toBe(403);
    expect((await upgradeTo(eve.browser, "made-up")).status).toBe(403);
    expect((await upgradeTo(ada.browser, ada.user.id)).status).toBe(403);
    expect((await upgradeTo(openBrowser())).status).toBe(401);
  });

  it("runs no procedure of another organization or of a user", async () => {
    const { id: other } = await ada.client.organizations.create.mutate({ name: "Other" });
    const socket = await open(ada.browser);
    socket.send([
      subscribe(1, "projects.changes", undefined, { organizationId: other }),
      { id: 2, method: "query", params: { path: "projects.list", input: { json: { organizationId: other } } } },
      { id: 3, method: "query", params: { path: "posts.list" } },
      { id: 4, method: "query", params: { path: "projects.list", input: { json: { organizationId: "a:b" } } } },
      { id: 5, method: "query", params: { path: "projects.list" } },
      { id: 6, method: "mutation", params: { path: "projects.create", input: { json: { name: "One" } } } },
    ]);
    await socket.until(6);
    const errors = socket.frames.map(({ error }) => error?.json);
    const [bad, refused] = ["BAD_REQUEST", "FORBIDDEN"];
    expect(errors.map((error) => error?.data.code)).toEqual([refused, refused, refused, bad, bad, bad]);
    for (const error of errors.slice(4)) expect(error?.message).toContain("`organizationId` is missing");
    for (const error of errors.slice(0, 2)) {
      expect(error?.message).toMatch(/socket.*another organization.*\/trpc\?organizationId=/);
      expect(error?.message).toContain(`organizationId=${other},`);
    }
    expect(errors[3]?.message).toContain("not an organization's id");
    const own = await openSocket(ada.browser);
    own.send({ id: 1, method: "query", params: { path: "projects.list", input: { json: { organizationId } } } });
    await own.until(1);
    expect(own.frames[0]?.error?.json).toMatchObject({ data: { code: "FORBIDDEN", reason: "WRONG_OBJECT" } });
    expect(own.frames[0]?.error?.json.message).toContain("/trpc?organizationId=");
  });
});

describe("the session of a member", () => {
  it.each(["logout", "revoke", "changePassword", "revokeOthers", "logoutEverywhere"] as const)(
    "ends its calls and deliveries with %s",
    async (how) => {
      const { browser, client, session } = await another();
      await client.projects.list.query({ organizationId });
      const socket = await listening(browser);
      expect(await leases()).toContain(session.id);
      const end = {
        logout: () => client.auth.logout.mutate(),
        revoke: () => bob.client.sessions.revoke.mutate({ id: session.id }),
        changePassword: () =>
          client.auth.changePassword.mutate({ currentPassword: password, newPassword: password }).then(() => {}),
        revokeOthers: () => bob.client.sessions.revokeOthers.mutate(),
        logoutEverywhere: () => client.auth.logoutEverywhere.mutate(),
      };
      const before = new Map(browser.cookies);
      await end[how]();
      expect(await leases()).not.toContain(session.id);
      await write("not for them");
      expect((await socket.closed).code).toBe(4401);
      expect(socket.frames).toHaveLength(1);
      browser.cookies.clear();
      for (const [name, value] of before) browser.cookies.set(name, value);
      expect(await codeOf(client.projects.list.query({ organizationId }))).toBe("UNAUTHORIZED");
      if (how !== "revoke" && how !== "logout") {
        bob = { ...bob, ...(await another()) };
      }
    },
  );

  it("gets no lease from a reply that was under way when it ended", async () => {
    const { browser, client, session } = await another();
    const calls = Array.from({ length: 20 }, () => codeOf(client.projects.list.query({ organizationId })));
    await Promise.all([...calls, bob.client.sessions.revoke.mutate({ id: session.id })]);
    expect(await leases()).not.toContain(session.id);
    expect(await codeOf(browser.client("http").projects.list.query({ organizationId }))).toBe("UNAUTHORIZED");
  });

  it("takes effect when the lease ends if the organization was not notified", async () => {
    const { browser, client, session } = await another();
    const socket = await listening(browser);
    // Simulates that the user's object was restored to a state before the lease.
    await runInDurableObject(env.BLOG_DO.getByName(`user:${bob.user.id}`), (_instance, { storage }) => {
      storage.sql.exec("DELETE FROM _lease_holders");
      storage.sql.exec("DELETE FROM _sessions WHERE id = ?", session.id);
    });
    await write("within the lease");
    await socket.until(2);
    later(5.1 * MINUTE);
    await write("after it");
    expect((await socket.closed).code).toBe(4401);
    expect(namesIn(socket.frames)).toEqual(["within the lease"]);
    expect(await codeOf(client.projects.list.query({ organizationId }))).toBe("UNAUTHORIZED");
  });

  it.each([
    ["projects.changes", false],
    ["projects.names", false],
    ["projects.changes", true],
    ["projects.names", true],
  ])("is checked with a new lease before an event is delivered: %s, asleep %s", async (path, sleeps) => {
    const socket = await listening(bob.browser, path);
    later(5.1 * MINUTE);
    if (sleeps) await evictDurableObject(object(), { webSockets: "hibernate" });
    await write("One");
    await write("Two");
    await socket.until(3);
    expect(namesIn(socket.frames)).toEqual(["One", "Two"]);
  });

  it("is checked with a new lease when the next message arrives", async () => {
    const socket = await open(bob.browser);
    later(5.1 * MINUTE);
    socket.send({ id: 1, method: "query", params: { path: "projects.list", input: { json: { organizationId } } } });
    await socket.until(1);
    expect(socket.frames[0]).toMatchObject({ id: 1, result: { type: "data" } });
  });

  it("closes the socket at its next event once it expired", async () => {
    const { browser } = await another();
    const socket = await listening(browser);
    later(8 * DAY);
    await createCaller<AppRouter>(env.BLOG_DO).asSystem().projects.create({ organizationId, name: "too late" });
    expect((await socket.closed).code).toBe(4401);
    expect(socket.frames).toHaveLength(1);
    vi.useRealTimers();
    [ada, bob] = await Promise.all([signInAgain(ada), signInAgain(bob)]);
  });
});

async function signInAgain(person: Person): Promise<Person> {
  await person.client.auth.login.mutate({ email: person.email, password });
  return person;
}

describe("the end of a membership", () => {
  it.each(["remove", "leave", "delete"] as const)(
    "closes the member's sockets and delivers nothing more after %s",
    async (how) => {
      const socket = await listening(bob.browser);
      const end = await runInDurableObject(object(), (_instance, state) =>
        state.getWebSockets(`user:${bob.user.id}`).at(-1),
      );
      if (how === "remove")
        await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
      else if (how === "leave") await bob.client.organizations.leave.mutate({ organizationId });
      else await ada.client.organizations.delete.mutate({ organizationId });
      expect((await socket.closed).code).toBe(4403);
      // A client that ignores the close.
      await runInDurableObject(object(), async (instance) => {
        const message = {
          id: 7,
          method: "query",
          params: { path: "projects.list", input: { json: { organizationId } } },
        };
        if (end) await instance.webSocketMessage(end, JSON.stringify(message));
      });
      if (how !== "delete") await write("not for them");
      expect(socket.frames).toHaveLength(1);
      expect((await upgrade(bob.browser, {}, pathOf())).status).toBe(403);
    },
  );

  it("ends deliveries that require a stronger role at the next event after a demotion", async () => {
    const socket = await listening(bob.browser, "projects.drafts");
    await write("One");
    await socket.until(2);
    await ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "member" });
    await write("Two");
    await socket.until(3);
    expect(socket.frames[2]).toEqual({ id: null, method: "reconnect" });
    const again = await open(bob.browser);
    const cursor = eventsOf(socket.frames).at(-1)?.cursor;
    again.send([
      subscribe(1, "projects.drafts", cursor, { organizationId }),
      subscribe(2, "projects.changes", cursor, { organizationId }),
    ]);
    await again.until(3);
    expect(again.frames[0]).toMatchObject({ id: 1, error: { json: { data: { code: "FORBIDDEN" } } } });
    expect(namesIn(again.frames)).toEqual(["Two"]);
    expect(namesIn(socket.frames)).toEqual(["One"]);
  });
});
