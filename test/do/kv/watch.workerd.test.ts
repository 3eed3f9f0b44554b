import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import type { AppRouter } from "../../fixtures/app/router.js";
import { signUp } from "../../fixtures/browser.js";
import { eventsOf, openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";

async function started(path = "kv.watch", input?: unknown) {
  const signedUp = await signUp();
  const socket = await openSocket(signedUp.browser);
  socket.send(subscribe(1, path, undefined, input));
  await socket.until(1);
  const object = env.BLOG_DO.getByName(`user:${signedUp.user.id}`);
  return { ...signedUp, socket, object };
}

const changes = (socket: RawSocket) => eventsOf(socket.frames).map(({ change }) => change);
const all = { prefix: "" };

describe("kv.watch", () => {
  it("delivers one event for each set, wherever the write came from, to all of the user's subscribers", async () => {
    const { client, browser, user, object, socket } = await started("kv.watch", all);
    const second = await openSocket(browser);
    second.send(subscribe(7, "kv.watch", undefined, all));
    await second.until(1);
    const stranger = await started("kv.watch", all);

    const { version } = await client.kv.set.mutate({ key: "a", value: { at: 1 } });
    second.send({ id: 8, method: "mutation", params: { path: "kv.set", input: { json: { key: "b", value: 2 } } } });
    // The two events and the reply: the next write arrives over another connection.
    await second.until(4);
    await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).kv.set({ key: "c", value: 3 });
    await object.setTheme("dark");
    await runInDurableObject(object, (_instance, { storage }) => {
      storage.sql.exec(`UPDATE _kv SET value = '"raw"', version = 99 WHERE key = 'a'`);
    });
    await client.kv.increment.mutate({ key: "c" });
    await client.kv.delete.mutate({ key: "a" });
    await client.kv.delete.mutate({ key: "a" });

    await socket.until(8);
    await second.until(9);
    const set = (key: string, value: unknown) => ({ type: "set", key, value, version: expect.any(Number) as number });
    expect(changes(socket)).toEqual([
      { type: "set", key: "a", value: { at: 1 }, version },
      set("b", 2),
      set("c", 3),
      set("preferences", { theme: "dark" }),
      { type: "set", key: "a", value: "raw", version: 99 },
      set("c", 4),
      { type: "delete", key: "a" },
    ]);
    expect(eventsOf(second.frames)).toHaveLength(7 + 1);
    expect(second.frames.filter(({ id }) => id === 7).slice(1)).toEqual(
      socket.frames.slice(1).map((frame) => ({ ...frame, id: 7 })),
    );
    expect(stranger.socket.frames).toHaveLength(1);
  });

  it("delivers only the watched key or prefix, before and after hibernation", async () => {
    const { client, socket, object } = await started("kv.watch", { key: "a:1" });
    socket.send(subscribe(2, "kv.watch", undefined, { prefix: "a:" }));
    socket.send(subscribe(3, "kv.preferences.watch"));
    await socket.until(3);
    const received = () =>
      socket.frames.flatMap(({ id, result }) =>
        result?.type === "data" ? [`${id} ${(result.data!.json as { data: { key: string } }).data.key}`] : [],
      );
    const write = async (): Promise<void> => {
      for (const key of ["a", "a:1", "a:2", "b", "a%"]) await client.kv.set.mutate({ key, value: 1 });
      await client.kv.preferences.set.mutate({ value: { theme: "light" } });
    };
    await write();
    await socket.until(7);
    expect(received().toSorted()).toEqual(["1 a:1", "2 a:1", "2 a:2", "3 preferences"]);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await write();
    await socket.until(11);
    expect(received()).toHaveLength(8);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await client.kv.set.mutate({ key: "b", value: 2 });
    await client.posts.create.mutate({ title: "x", body: "" });
    await client.kv.set.mutate({ key: "a:2", value: 2 });
    await socket.until(12);
    expect(received().at(-1)).toEqual("2 a:2");
    expect(received()).toHaveLength(9);
  });

  it("delivers the net writes of one mutation once it is committed", async () => {
    const { client, socket } = await started("kv.watch", all);
    await client.keys.setThenFail.mutate().catch(() => {});
    await client.keys.setTwice.mutate("key");
    await socket.until(2);
    await client.kv.set.mutate({ key: "last", value: 1 });
    await socket.until(3);
    expect(changes(socket)).toMatchObject([
      { type: "set", key: "key", value: 2 },
      { type: "set", key: "last" },
    ]);
  });

  it("delivers missed changes of its keys to a client that reconnects, and one reset for a foreign cursor", async () => {
    const { client, browser, socket } = await started("kv.watch", { prefix: "a:" });
    await client.kv.set.mutate({ key: "a:1", value: 1 });
    await socket.until(2);
    const cursor = eventsOf(socket.frames).at(-1)?.cursor;
    socket.socket.close();
    await client.kv.set.mutate({ key: "b", value: 1 });
    await client.kv.set.mutate({ key: "a:2", value: 1 });
    await client.kv.set.mutate({ key: "a:2", value: 2 });
    await client.kv.delete.mutate({ key: "a:1" });

    const again = await openSocket(browser);
    again.send(subscribe(1, "kv.watch", cursor, { prefix: "a:" }));
    again.send(subscribe(2, "kv.watch", "999.0123456789abcdef", { key: "a:1" }));
    await again.until(5);
    const of = (id: number) => eventsOf(again.frames.filter((frame) => frame.id === id)).map(({ change }) => change);
    expect(of(1)).toMatchObject([
      { type: "set", key: "a:2", value: 2 },
      { type: "delete", key: "a:1" },
    ]);
    expect(of(2)).toEqual([{ type: "reset" }]);
  });

  it("delivers an expired key as deleted, and wakes the object for it", async () => {
    const { client, socket, object } = await started("kv.watch", all);
    await client.kv.set.mutate({ key: "later", value: 1, ttl: 3_600 });
    await client.kv.set.mutate({ key: "soon", value: 1, ttl: 0.05 });
    await socket.until(3);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await expect.poll(() => runDurableObjectAlarm(object).then(() => socket.frames.length)).toBe(4);
    expect(changes(socket).at(-1)).toEqual({ type: "delete", key: "soon" });
    await runInDurableObject(object, async (_instance, { storage }) => {
      expect([...storage.sql.exec("SELECT key FROM _kv").raw()]).toEqual([["later"]]);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 3_000_000);
    });
  });

  it("does not deliver a value that expired before the client reconnected", async () => {
    const { client, browser, socket } = await started("kv.watch", all);
    await client.kv.set.mutate({ key: "first", value: 1 });
    await socket.until(2);
    const cursor = eventsOf(socket.frames).at(-1)?.cursor;
    socket.socket.close();
    await client.kv.set.mutate({ key: "soon", value: 1, ttl: 0.001 });
    await client.kv.set.mutate({ key: "last", value: 1 });
    const again = await openSocket(browser);
    again.send(subscribe(1, "kv.watch", cursor, all));
    await again.until(2);
    expect(changes(again).filter((change) => (change as { type: string }).type === "set")).toMatchObject([
      { key: "last" },
    ]);
  });

  it("continues an app's own generator around it after hibernation", async () => {
    const { client, socket, object } = await started("keys.themes");
    await client.kv.preferences.set.mutate({ value: { theme: "dark" } });
    await socket.until(2);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await client.kv.preferences.set.mutate({ value: { theme: "light" } });
    await socket.until(3);
    await client.kv.preferences.delete.mutate();
    await socket.until(4);
    expect(changes(socket)).toEqual(["dark", "light", "delete"]);
  });

  it.each([
    [{}],
    [{ key: "" }],
    [{ key: "__user" }],
    [{ key: "a\0" }],
    [{ prefix: "__" }],
    [{ key: "a", prefix: "b" }],
  ])("refuses %j with BAD_REQUEST", async (input) => {
    const { socket } = await started("kv.watch", input);
    expect(socket.frames[0]?.error?.json.data.code).toBe("BAD_REQUEST");
  });
});
