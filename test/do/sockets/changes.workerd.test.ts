import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { send, signUp } from "../../fixtures/browser.js";
import { eventsOf, openSocket, subscribe, upgrade } from "../../fixtures/socket.js";

const post = { title: "One", body: "…" };

async function started() {
  const signedUp = await signUp();
  const socket = await openSocket(signedUp.browser);
  socket.send(subscribe(1, "posts.changes"));
  await socket.until(1);
  const object = env.BLOG_DO.getByName(`user:${signedUp.user.id}`);
  return { ...signedUp, socket, object };
}

describe("changes over a socket", () => {
  it("arrive once, in order, with their rows", async () => {
    const { client, socket } = await started();
    expect(socket.frames).toEqual([{ id: 1, result: { type: "started" } }]);
    const created = await client.posts.create.mutate(post);
    const updated = await client.posts.update.mutate({ id: created.id, done: true });
    await client.posts.delete.mutate({ id: created.id });
    await socket.until(4);
    expect(eventsOf(socket.frames).map(({ change }) => change)).toEqual([
      { type: "create", id: created.id, data: JSON.parse(JSON.stringify(created)) },
      { type: "update", id: created.id, data: JSON.parse(JSON.stringify(updated)) },
      { type: "delete", id: created.id },
    ]);
  });

  it("are not delivered when a row to delete does not exist", async () => {
    const { client, socket } = await started();
    expect(await client.posts.delete.mutate({ id: "nothing" })).toBe(false);
    const { id } = await client.posts.create.mutate(post);
    await socket.until(2);
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { type: "create", id } }]);
  });

  it("are neither delivered nor stored when a mutation fails after writing", async () => {
    const { client, socket } = await started();
    await expect(client.posts.createThenFail.mutate(post)).rejects.toThrow("Failed after writing.");
    expect(await client.posts.list.query()).toEqual([]);
    const { id } = await client.posts.create.mutate(post);
    await socket.until(2);
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { type: "create", id } }]);
  });

  it("are delivered to subscriptions after hibernation, and a ping does not wake the object", async () => {
    const { client, socket, object } = await started();
    await evictDurableObject(object, { webSockets: "hibernate" });
    await socket.ping();
    await expect(evictDurableObject(object)).rejects.toThrow(/not currently running/);
    const created = await client.posts.create.mutate(post);
    await socket.until(2);
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { type: "create", id: created.id } }]);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await client.posts.delete.mutate({ id: created.id });
    await socket.until(3);
    expect(eventsOf(socket.frames)).toMatchObject([{}, { change: { type: "delete", id: created.id } }]);
  });

  it("are delivered net and in order to a client that missed them", async () => {
    const { client, browser, socket } = await started();
    const first = await client.posts.create.mutate(post);
    await socket.until(2);
    const cursor = eventsOf(socket.frames).at(-1)?.cursor;
    socket.socket.close();

    const fleeting = await client.posts.create.mutate({ ...post, title: "Fleeting" });
    await client.posts.update.mutate({ id: first.id, title: "One, changed" });
    await client.posts.delete.mutate({ id: fleeting.id });
    const third = await client.posts.create.mutate({ ...post, title: "Three" });

    const again = await openSocket(browser);
    again.send(subscribe(1, "posts.changes", cursor));
    await again.until(3);
    expect(eventsOf(again.frames)).toMatchObject([
      { change: { type: "update", id: first.id, data: { title: "One, changed" } } },
      { change: { type: "create", id: third.id } },
    ]);
  });

  it.each(["999.0123456789abcdef", "1.0123456789abcdef", "nonsense", "-1.0123456789abcdef"])(
    "start with one reset for a cursor that names no entry (%s)",
    async (cursor) => {
      const { client, browser } = await signUp();
      const socket = await openSocket(browser);
      socket.send(subscribe(1, "posts.changes", cursor));
      // A write that comes before is part of the reset.
      await socket.until(2);
      const { id } = await client.posts.create.mutate(post);
      await socket.until(3);
      expect(eventsOf(socket.frames)).toMatchObject([
        { change: { type: "reset" } },
        { change: { type: "create", id } },
      ]);
    },
  );

  it("include a write that is sent in the same frame as the subscription", async () => {
    const { browser } = await signUp();
    const socket = await openSocket(browser);
    socket.send([
      subscribe(1, "posts.changes"),
      { id: 2, method: "mutation", params: { path: "posts.create", input: { json: post } } },
    ]);
    await socket.until(3);
    expect(socket.frames.map(({ id, result }) => [id, result?.type])).toEqual([
      [1, "started"],
      [1, "data"],
      [2, "data"],
    ]);
  });

  it("include a write directly to the storage, without a call after it", async () => {
    const { socket, object } = await started();
    await runInDurableObject(object, (_instance, state) => {
      state.storage.sql.exec(
        "INSERT INTO posts (id, createdAt, updatedAt, title, body, done) VALUES ('raw', 0, 0, 'Raw', '', 0)",
      );
    });
    await socket.until(2);
    expect(eventsOf(socket.frames)).toMatchObject([{ change: { type: "create", id: "raw" } }]);
  });
});

describe("the upgrade of a socket", () => {
  it.each([
    ["no cookie", {}],
    ["a forged cookie", { Cookie: "__Host-userdo-access=eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aWN0aW0ifQ." }],
  ])("is refused with %s, before any object is called", async (_name, headers) => {
    const response = await upgrade({ cookies: new Map() }, headers);
    expect(response.status).toBe(401);
    expect(response.webSocket).toBeNull();
  });

  it("is refused to another origin", async () => {
    const { browser } = await signUp();
    const response = await upgrade(browser, { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" });
    expect(response.status).toBe(403);
  });

  it("opens a socket that is closed when the session signs out", async () => {
    const { client, socket } = await started();
    await client.auth.logout.mutate();
    expect((await socket.closed).code).toBe(4401);
    expect(socket.frames).toHaveLength(1);
  });

  it("opens a socket that delivers and executes nothing once the session is deleted", async () => {
    const { socket, object } = await started();
    await runInDurableObject(object, (_instance, state) => {
      // Bypasses the close that signing out sends, because a client could ignore it.
      state.storage.sql.exec("DELETE FROM _sessions");
    });
    socket.send({ id: 9, method: "mutation", params: { path: "posts.create", input: { json: post } } });
    expect((await socket.closed).code).toBe(4401);
    await runInDurableObject(object, (_instance, state) => {
      expect(state.storage.sql.exec("SELECT count(*) AS n FROM posts").one()).toEqual({ n: 0 });
    });
    expect(socket.frames).toHaveLength(1);
  });

  it("is refused by an object with a forged pass", async () => {
    const response = await env.BLOG_DO.getByName("user:00000000000000000000000000000000").fetch(
      "https://object/socket",
      {
        headers: { Upgrade: "websocket", "x-userdo-socket-pass": "eyJhbGciOiJub25lIn0.e30." },
      },
    );
    expect(response.status).toBe(404);
    expect((await send("/trpc", { headers: { Upgrade: "websocket" } })).status).toBe(401);
  });
});
