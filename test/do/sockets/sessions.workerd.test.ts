import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newest } from "../../newest-trpc/newest.js";
import type { StreamsDO } from "../../fixtures/app/worker.js";
import { openBrowser, password } from "../../fixtures/browser.js";
import { listen, openStockClient, signUpToStreams, stock } from "../../fixtures/stock-client.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";

afterEach(() => void vi.useRealTimers());

const minutes = 60_000;
const days = 24 * 60 * minutes;

function later(milliseconds: number): void {
  const then = Date.now() + milliseconds;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(then);
}

async function start() {
  const signedUp = await signUpToStreams();
  const object = env.STREAMS_DO.getByName(`user:${signedUp.user.id}`);
  /** Another session of the same account. */
  const elsewhere = async () => {
    const browser = openBrowser();
    const client = browser.client("batch", "/streams") as unknown as typeof signedUp.http;
    await client.auth.login.mutate({ email: signedUp.email, password });
    return client;
  };
  return { ...signedUp, object, elsewhere, open: () => openSocket(signedUp.browser, "/streams") };
}

const create = (id: number, text: string) => ({
  id,
  method: "mutation",
  params: { path: "items.create", input: { json: { text } } },
});

describe("a socket whose session has ended", () => {
  it("executes no waiting message after signing out, and delivers nothing", async () => {
    const { http, open, elsewhere } = await start();
    const other = await elsewhere();
    const socket = await open();
    socket.send([subscribe(1, "streams.changes"), subscribe(2, "streams.tracked")]);
    await socket.until(2);
    socket.send([{ id: 3, method: "query", params: { path: "pause" } }, create(4, "too late")]);
    socket.send(create(5, "too late"));
    await expect.poll(() => other.trace.query()).toContain("ran pause");
    await http.auth.logout.mutate();
    expect(await other.trace.query()).toContain("ended streams.tracked");
    await other.release.mutate();
    await other.items.create.mutate({ text: "by another" });
    expect((await socket.closed).code).toBe(4401);
    expect(await other.items.list.query()).toMatchObject([{ text: "by another" }]);
    expect(socket.frames).toHaveLength(2);
  });

  it.each(["a mutation", "a subscription", "a binary frame", "a frame that is too large", "PONG", "no JSON"])(
    "ignores %s from a client that ignores the close",
    async (what) => {
      const frames: Record<string, string | ArrayBuffer> = {
        "a mutation": JSON.stringify(create(1, "after the close")),
        "a subscription": JSON.stringify(subscribe(2, "streams.tracked")),
        "a binary frame": new ArrayBuffer(8),
        "a frame that is too large": "x".repeat(300_000),
        PONG: "PONG",
        "no JSON": "{",
      };
      const { http, object, open, elsewhere } = await start();
      const other = await elsewhere();
      const socket = await open();
      socket.send(subscribe(9, "streams.changes"));
      await socket.until(1);
      // The object's own end of the socket: calls it with a frame after it closed that socket.
      const end = await runInDurableObject(object, (_instance, state) => state.getWebSockets()[0]);
      await http.auth.logout.mutate();
      await runInDurableObject(object, async (instance: InstanceType<typeof StreamsDO>) => {
        if (end) await instance.webSocketMessage(end, frames[what] ?? "");
      });
      await other.items.create.mutate({ text: "by another" });
      expect(await other.items.list.query()).toHaveLength(1);
      expect(await other.trace.query()).toEqual(["ran streams.changes"]);
      expect(socket.frames).toHaveLength(1);
    },
  );

  it("is closed before revokeOthers returns", async () => {
    const { browser, elsewhere, open } = await start();
    const other = await elsewhere();
    const socket = await open();
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    await other.sessions.revokeOthers.mutate();
    await other.items.create.mutate({ text: "by another" });
    expect((await socket.closed).code).toBe(4401);
    expect(socket.frames).toHaveLength(1);
    await expect(openSocket(browser, "/streams")).rejects.toThrow("401");
  });

  it("closes at the next message, which is not executed, when the session expired", async () => {
    const { object, open } = await start();
    const socket = await open();
    socket.send(subscribe(1, "streams.changes"));
    await socket.until(1);
    later(8 * days);
    socket.send(create(2, "too late"));
    expect((await socket.closed).code).toBe(4401);
    await runInDurableObject(object, (_instance, state) => {
      expect(state.storage.sql.exec("SELECT count(*) AS n FROM items").one()).toEqual({ n: 0 });
    });
    expect(socket.frames).toHaveLength(1);
  });

  it.each(["streams.changes", "streams.tracked"])(
    "closes at the next event when the session expired: %s",
    async (path) => {
      const { open, elsewhere } = await start();
      const socket = await open();
      socket.send(subscribe(1, path));
      await socket.until(1);
      later(8 * days);
      const other = await elsewhere();
      await other.items.create.mutate({ text: "not for it" });
      expect((await socket.closed).code).toBe(4401);
      expect(socket.frames).toHaveLength(1);
    },
  );
});

describe("an access token that expires on an open socket", () => {
  it.each(["streams.changes", "streams.tracked"])(
    "asks the client once to reconnect, and delivers the event on the next socket: %s",
    async (path) => {
      const { http, open } = await start();
      const socket = await open();
      socket.send(subscribe(1, path));
      await socket.until(1);
      await http.items.create.mutate({ text: "in time" });
      await socket.until(2);
      later(16 * minutes);
      await http.items.create.mutate({ text: "one" });
      await http.items.create.mutate({ text: "two" });
      await socket.until(3);
      expect(socket.frames.slice(2)).toEqual([{ id: null, method: "reconnect" }]);
      const again = await open();
      again.send(subscribe(1, path, eventsOf(socket.frames).at(-1)?.cursor));
      await again.until(3);
      expect(eventsOf(again.frames)).toMatchObject([
        { change: { data: { text: "one" } } },
        { change: { data: { text: "two" } } },
      ]);
      expect(socket.frames).toHaveLength(3);
    },
  );

  it.each([
    ["streams.changes", "while the old socket is open", false],
    ["streams.changes", "after the old socket is closed", false],
    ["streams.changes", "after the object slept", true],
    ["streams.tracked", "while the old socket is open", false],
    ["streams.tracked", "after the old socket is closed", false],
    ["streams.tracked", "after the object slept", true],
  ])("delivers the waiting event to a client that had none yet: %s, %s", async (path, when, sleeps) => {
    const { http, object, open } = await start();
    const socket = await open();
    socket.send(subscribe(1, path));
    await socket.until(1);
    later(16 * minutes);
    await http.items.create.mutate({ text: "one" });
    await socket.until(2);
    expect(socket.frames[1]).toEqual({ id: null, method: "reconnect" });
    if (when === "after the old socket is closed") {
      socket.socket.close();
      const left = () => runInDurableObject(object, (_instance, state) => state.getWebSockets().length);
      await expect.poll(left).toBe(0);
    }
    if (sleeps) await evictDurableObject(object, { webSockets: "hibernate" });
    const again = await open();
    again.send(subscribe(1, path));
    await again.until(2);
    await http.items.create.mutate({ text: "two" });
    await again.until(3);
    expect(eventsOf(again.frames)).toMatchObject([
      { change: { data: { text: "one" } } },
      { change: { data: { text: "two" } } },
    ]);
  });

  it("delivers on the next socket what a generator had produced for a client that did not read", async () => {
    const { http, open } = await start();
    const socket = await open();
    socket.send([subscribe(1, "streams.changes"), subscribe(2, "streams.tracked")]);
    await socket.until(2);
    await http.items.createMany.mutate({ count: 2_000, bytes: 10 });
    await expect.poll(() => socket.texts.at(-1)).toBe("PING");
    expect(socket.frames.filter(({ id }) => id === 2)).toHaveLength(1);
    later(16 * minutes);
    await http.items.create.mutate({ text: "late" });
    await expect.poll(() => socket.frames.at(-1)).toEqual({ id: null, method: "reconnect" });
    const again = await open();
    again.socket.addEventListener("message", ({ data }) => data === "PING" && again.socket.send("PONG"));
    again.send(subscribe(2, "streams.tracked"));
    await again.until(1 + 2_001);
    const delivered = eventsOf(again.frames).map(({ change }) => (change as { id: string }).id);
    expect(delivered).toEqual((await http.items.list.query()).map(({ id }) => id));
  });

  it("keeps the cursors of two tabs apart that use the same subscription id", async () => {
    const { http, open } = await start();
    const delivered = await open();
    delivered.send(subscribe(1, "streams.tracked"));
    await delivered.until(1);
    await http.items.create.mutate({ text: "zero" });
    await delivered.until(2);
    const other = await open();
    other.send(subscribe(1, "streams.tracked"));
    await other.until(1);
    later(16 * minutes);
    await http.items.create.mutate({ text: "one" });
    await Promise.all([delivered.until(3), other.until(2)]);
    const again = await open();
    again.send(subscribe(1, "streams.tracked"));
    await again.until(2);
    expect(eventsOf(again.frames)).toMatchObject([{ change: { data: { text: "one" } } }]);
  });

  it("still answers a message, and then asks the client to reconnect", async () => {
    const { open } = await start();
    const socket = await open();
    socket.send(create(1, "in time"));
    await socket.until(1);
    later(16 * minutes);
    socket.send([create(2, "one"), create(3, "two")]);
    await socket.until(4);
    expect(socket.frames.map(({ id, method, result }) => [id, method ?? result?.type])).toEqual([
      [1, "data"],
      [2, "data"],
      [3, "data"],
      [null, "reconnect"],
    ]);
    socket.send(create(4, "three"));
    await socket.until(5);
    expect(socket.frames.at(-1)).toMatchObject({ id: 4, result: { type: "data" } });
  });

  describe.each([
    ["11.22.1", stock],
    ["11.25.2", newest],
  ])("@trpc/client %s", (_version, use) => {
    it.each([
      ["no event", 0],
      ["an event", 1],
    ])("reconnects by itself and gets each event once, after %s", async (_name, before) => {
      const { browser, http } = await start();
      const { client, wires } = openStockClient(browser, { stock: use });
      const source = listen(client.streams.changes, undefined);
      const generator = listen(client.streams.tracked, undefined);
      await Promise.all([source.started(), generator.started()]);
      for (let n = 1; n <= 4; n++) {
        if (n === before + 1) later(16 * minutes);
        await http.items.create.mutate({ text: `${n}` });
        if (n <= before) await Promise.all([source.until(n), generator.until(n)]);
      }
      for (const delivered of [source, generator]) {
        expect(await delivered.until(4)).toMatchObject(
          ["1", "2", "3", "4"].map((text) => ({ data: { data: { text } } })),
        );
      }
      expect(await client.echo.query("still here")).toBe("still here");
      expect(source.events).toHaveLength(4);
      expect(generator.events).toHaveLength(4);
      expect(wires).toHaveLength(2);
    });

    it("is not reconnected after signing out, and delivers nothing more", async () => {
      const { browser, http, elsewhere } = await start();
      const { client, wires, close } = openStockClient(browser, { stock: use });
      const delivered = listen(client.streams.changes, undefined);
      await delivered.started();
      const other = await elsewhere();
      await http.auth.logout.mutate();
      expect(await wires[0]?.closed).toBe(4401);
      await other.items.create.mutate({ text: "by another" });
      expect(await wires[1]?.closed).toBe(401);
      close();
      expect(delivered.events).toEqual([]);
    });
  });
});
