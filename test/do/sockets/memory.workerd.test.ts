import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventsOf, subscribe, type Frame, type RawSocket } from "../../fixtures/socket.js";
import { openStreams, reading, subscribeMany } from "./open-streams.js";

const BUDGET = 33_554_432;
const LARGE = "x".repeat(240_000);

const reasonOf = (frame: Frame | undefined): unknown =>
  (frame?.error?.json as { readonly data?: { readonly reason?: string } } | undefined)?.data?.reason;
const refusedOf = ({ frames }: RawSocket): Frame[] => frames.filter((frame) => reasonOf(frame) === "OBJECT_OVERLOADED");
const answeredOf = ({ frames }: RawSocket): Frame[] => frames.filter(({ result }) => result?.type === "data");
const openMany = (open: () => Promise<RawSocket>, count: number): Promise<RawSocket[]> =>
  Promise.all(Array.from({ length: count }, open));

const query = (id: number, path: string, json?: unknown) => ({
  id,
  method: "query",
  params: { path, input: { json } },
});

describe("messages that wait on many sockets", () => {
  it("are refused with a reason beyond the budget of the object, and every one is answered", async () => {
    const { http, open } = await openStreams();
    const sockets = await openMany(open, 3);
    for (const socket of sockets) {
      reading(socket).send(query(0, "pause"));
      for (let id = 1; id <= 9; id++) socket.send(query(id, "echo", LARGE));
    }
    await expect.poll(() => sockets.flatMap(refusedOf).length).toBeGreaterThan(0);
    const waiting = (): number => sockets.length * 9 - sockets.flatMap(refusedOf).length;
    await expect.poll(() => waiting() * LARGE.length).toBeLessThanOrEqual(BUDGET / 4);
    await http.release.mutate();
    for (const socket of sockets) await socket.until(10);
    const answers = sockets.flatMap((socket) => [...refusedOf(socket), ...answeredOf(socket)]);
    expect(answers).toHaveLength(sockets.length * 10);
    // Answered messages free space for others.
    sockets[0]!.send(query(20, "echo", LARGE));
    await expect.poll(() => sockets[0]!.frames.find(({ id }) => id === 20)?.result?.type).toBe("data");
  }, 60_000);

  it.each([false, true])(
    "may stop subscriptions while nothing else is accepted (slept: %s)",
    async (sleeps) => {
      const { http, open, object } = await openStreams();
      const other = reading(await open());
      await subscribeMany(other, 1);
      const sockets = await openMany(open, 3);
      if (sleeps) await evictDurableObject(object, { webSockets: "hibernate" });
      for (const socket of sockets) {
        reading(socket).send(query(0, "pause"));
        for (let id = 1; id <= 9; id++) socket.send(query(id, "echo", LARGE));
      }
      await expect.poll(() => sockets.some((socket) => refusedOf(socket).length > 0)).toBe(true);
      other.send([{ id: 1, method: "subscription.stop" }, query(2, "echo", LARGE)]);
      await other.until(3);
      expect(other.frames[1]).toMatchObject({ id: 1, result: { type: "stopped" } });
      expect(reasonOf(other.frames[2])).toBe("OBJECT_OVERLOADED");
      await http.release.mutate();
    },
    60_000,
  );
});

describe("inputs of subscriptions on many sockets", () => {
  it("are refused beyond the budget of the object, and a closed socket returns its share", async () => {
    const { open } = await openStreams();
    const sockets = await openMany(open, 3);
    const ask = (id: number) => subscribe(id, "streams.withInput", undefined, LARGE);
    for (const socket of sockets) {
      for (let id = 1; id <= 8; id++) reading(socket).send(ask(id));
      await socket.until(8);
    }
    const started = sockets.flatMap(({ frames }) => frames.filter(({ result }) => result?.type === "started"));
    expect(started.length * LARGE.length).toBeLessThanOrEqual(BUDGET / 4);
    expect(sockets.flatMap(refusedOf)).toHaveLength(sockets.length * 8 - started.length);
    const last = sockets.at(-1)!;
    last.send(ask(9));
    await last.until(9);
    expect(reasonOf(last.frames[8])).toBe("OBJECT_OVERLOADED");
    sockets[0]!.socket.close();
    await expect
      .poll(async () => {
        const before = last.frames.length;
        last.send(ask(100 + before));
        await last.until(before + 1);
        return last.frames[before]?.result?.type;
      })
      .toBe("started");
    // A stopped one returns its input too.
    sockets[1]!.send({ id: 1, method: "subscription.stop" });
    await sockets[1]!.until(9);
    last.send(ask(10));
    await last.until(last.frames.length + 1);
    expect(last.frames.at(-1)).toMatchObject({ id: 10, result: { type: "started" } });
  }, 60_000);
});

describe("output to many sockets that do not read", () => {
  it("waits beyond the budget of the object, and reaches each of them once there is space", async () => {
    const { http, open } = await openStreams();
    const sockets = await openMany(open, 30);
    for (const socket of sockets) await subscribeMany(socket, 1);
    await http.items.createMany.mutate({ count: 3, bytes: 900_000 });
    await http.trace.query();
    const sent = (): number => sockets.flatMap(({ frames }) => eventsOf(frames)).length;
    await expect.poll(sent).toBeGreaterThan(5);
    // One frame may exceed the part of the budget.
    expect(sent() * 900_000).toBeLessThanOrEqual(BUDGET / 2 + 900_000);
    const all = (await http.items.list.query()).map(({ id }) => id);
    for (const socket of sockets) {
      reading(socket);
      if (socket.texts.includes("PING")) socket.socket.send("PONG");
    }
    for (const socket of sockets) {
      await socket.until(4);
      expect(eventsOf(socket.frames).map(({ change }) => (change as { id: string }).id)).toEqual(all);
    }
  }, 120_000);

  it("continues when the sockets that fill the budget close", async () => {
    const { http, open } = await openStreams();
    const hogs = await openMany(open, 30);
    for (const hog of hogs) await subscribeMany(hog, 1);
    const other = reading(await open());
    await subscribeMany(other, 1);
    await http.items.createMany.mutate({ count: 3, bytes: 900_000 });
    for (const hog of hogs) hog.socket.close();
    await other.until(4);
    const all = (await http.items.list.query()).map(({ id }) => id);
    expect(eventsOf(other.frames).map(({ change }) => (change as { id: string }).id)).toEqual(all);
  }, 120_000);
});
