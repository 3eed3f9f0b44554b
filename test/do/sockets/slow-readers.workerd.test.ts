import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventsOf, subscribe, upgrade, type RawSocket } from "../../fixtures/socket.js";
import { openStreams, reading, subscribeMany } from "./open-streams.js";

describe("a client that does not read", () => {
  it("is limited in bytes, not in characters", async () => {
    const { http, open } = await openStreams();
    const socket = await open();
    await subscribeMany(socket, 1);
    await http.items.create.mutate({ text: "日".repeat(90_000) });
    await expect.poll(() => socket.texts.at(-1)).toBe("PING");
  });

  const bytesOf = (socket: RawSocket) => socket.texts.reduce((sum, text) => sum + text.length, 0);
  const idsOf = (socket: RawSocket) => eventsOf(socket.frames).map(({ change }) => (change as { id: string }).id);

  it.each([
    ["one flush", 2_000, 1],
    ["many flushes", 100, 20],
  ])(
    "costs less than 1 MiB: %s",
    async (_name, count, times) => {
      const { http, open } = await openStreams();
      const socket = await open();
      await subscribeMany(socket, 2);
      for (let n = 0; n < times; n++) await http.items.createMany.mutate({ count, bytes: 1_000 });
      await expect.poll(() => socket.texts.at(-1)).toBe("PING");
      await http.trace.query();
      expect(socket.texts.filter((text) => text === "PING")).toHaveLength(1);
      expect(bytesOf(socket)).toBeLessThan(1_048_576);

      // It was only slow, so it receives everything once.
      reading(socket).socket.send("PONG");
      const all = (await http.items.list.query()).map(({ id }) => id);
      await socket.until(2 + 2 * all.length);
      for (const subscription of [1, 2]) {
        const received = eventsOf(socket.frames.filter(({ id }) => id === subscription));
        expect(received.map(({ change }) => (change as { id: string }).id)).toEqual(all);
      }
    },
    30_000,
  );

  it("gets pages of large rows that are limited too", async () => {
    const { http, open } = await openStreams();
    const socket = await open();
    await subscribeMany(socket, 1);
    await http.items.createMany.mutate({ count: 60, bytes: 60_000 });
    await http.trace.query();
    expect(bytesOf(socket)).toBeLessThan(1_048_576);
    socket.socket.send("PONG");
    await http.trace.query();
    await expect.poll(() => socket.texts.filter((text) => text === "PING")).toHaveLength(2);
    expect(bytesOf(socket)).toBeLessThan(2 * 1_048_576);
    reading(socket).socket.send("PONG");
    const all = (await http.items.list.query()).map(({ id }) => id);
    await socket.until(1 + all.length);
    expect(idsOf(socket)).toEqual(all);
  }, 30_000);

  it.each(["streams.changes", "streams.tracked"])("is disconnected, and resumes by its cursor: %s", async (path) => {
    const { http, open, object } = await openStreams("/small");
    const socket = await open();
    await subscribeMany(socket, 1, path);
    await http.items.createMany.mutate({ count: 50, bytes: 100 });
    expect((await socket.closed).code).toBe(4408);
    const received = idsOf(socket);
    expect(received.length).toBeLessThan(20);
    const again = reading(await open());
    again.send(subscribe(1, path, eventsOf(socket.frames).at(-1)?.cursor));
    const all = (await http.items.list.query()).map(({ id }) => id);
    await again.until(1 + all.length - received.length);
    expect([...received, ...idsOf(again)]).toEqual(all);
    await evictDurableObject(object, { webSockets: "hibernate" });
  });

  it("has its calls answered once it reads", async () => {
    const { http, open } = await openStreams("/small");
    const socket = await open();
    await subscribeMany(socket, 1);
    await http.items.createMany.mutate({ count: 20, bytes: 1 });
    await expect.poll(() => socket.texts.at(-1)).toBe("PING");
    socket.send({ id: 7, method: "query", params: { path: "echo", input: { json: 7 } } });
    await http.trace.query();
    expect(socket.frames.some(({ id }) => id === 7)).toBe(false);
    reading(socket).socket.send("PONG");
    await expect.poll(() => socket.frames.find(({ id }) => id === 7)?.result?.data).toEqual({ json: 7 });
  });

  it("is not counted any more once it was disconnected, also if it never answers the close", async () => {
    const { browser, http, open } = await openStreams("/small");
    const { webSocket: silent } = await upgrade(browser, {}, "/small");
    if (!silent) throw new Error("The upgrade was refused.");
    // The platform's type does not contain the option yet.
    (silent.accept as (options: { allowHalfOpen: boolean }) => void).call(silent, { allowHalfOpen: true });
    const closed = new Promise<number>((resolve) => {
      silent.addEventListener("close", ({ code }) => resolve(code));
    });
    const texts: string[] = [];
    silent.addEventListener("message", ({ data }) => void texts.push(String(data)));
    silent.send(JSON.stringify([1, 2, 3].map((id) => subscribe(id, "streams.changes"))));
    await expect.poll(() => texts.filter((text) => text.includes("started"))).toHaveLength(3);
    await http.items.createMany.mutate({ count: 20, bytes: 100 });
    expect(await closed).toBe(4408);
    const next = await open();
    await subscribeMany(next, 3);
  });
});
