import { describe, expect, it } from "vitest";
import { openLiveSocket, startLive, type LiveSocket } from "../../fixtures/live.js";

/** The error that ended a subscription. */
const errorOf = (socket: LiveSocket, id: number) =>
  socket.frames.find((frame) => frame.id === id && frame.error)?.error;

describe("a live query", () => {
  it("delivers its result at once, and again when it has changed", async () => {
    const { http, socket, wrote } = await startLive();
    const texts = socket.watch("notes.texts");
    await socket.settled();
    expect(socket.results(texts)).toEqual([[]]);
    await wrote(http.notes.create.mutate({ text: "one" }));
    await wrote(http.notes.create.mutate({ text: "two" }));
    expect(socket.results(texts)).toEqual([[], ["one"], ["one", "two"]]);
    expect(await http.trace.mutate()).toEqual(["notes.texts", "notes.texts", "notes.texts"]);
  });

  it("does not deliver an equal result again", async () => {
    const { http, socket, wrote } = await startLive();
    const count = socket.watch("notes.count", { list: "a" });
    await socket.settled();
    const { id } = await wrote(http.notes.create.mutate({ text: "one", list: "a" }));
    await wrote(http.notes.update.mutate({ id, values: { text: "two" } }));
    expect(socket.results(count)).toEqual([0, 1]);
    expect(await http.trace.mutate()).toHaveLength(3);
  });

  it("runs once for the writes of one turn, however many queries they affect", async () => {
    const { http, socket, wrote } = await startLive();
    const ids = [socket.watch("notes.texts"), socket.watch("notes.tagged"), socket.watch("notes.raw")];
    await socket.settled();
    await http.trace.mutate();
    await wrote(http.notes.createTwice.mutate({ text: "twice" }));
    await wrote(
      Promise.all([http.notes.createTagged.mutate({ text: "one" }), http.notes.createTagged.mutate({ text: "two" })]),
    );
    expect(ids.map((id) => socket.results(id).length)).toEqual([3, 2, 2]);
    expect((await http.trace.mutate()).filter((path) => path === "notes.texts")).toHaveLength(2);
    expect(socket.results(ids[2] ?? 0).at(-1)).toEqual([{ n: 2 }]);
  });

  it("marks the last frame of a flush as complete, and sends stock clients a separate frame", async () => {
    const { browser, http, socket, wrote, cursor } = await startLive();
    const stock = await openLiveSocket(browser, "stock");
    for (const each of [socket, stock]) {
      for (const path of ["notes.texts", "notes.tagged", "notes.raw", "notes.slow"]) each.watch(path);
      await each.settled();
    }
    const before = [socket, stock].map(({ frames }) => frames.length);
    await wrote(http.notes.createTagged.mutate({ text: "one" }));
    await stock.reached(cursor());
    const [own = [], others = []] = [socket, stock].map(({ frames }, index) => frames.slice(before[index]));
    expect(new Set(own.map(({ id }) => id))).toEqual(new Set([1, 2, 3, 4]));
    expect(own.map(({ userdo }) => userdo?.flushed)).toEqual([undefined, undefined, undefined, cursor()]);
    expect(new Set(others.map(({ method, id }) => method ?? id))).toEqual(new Set([1, 2, 3, 4, "userdo.flushed"]));
    expect(others.at(-1)).toEqual({ id: null, method: "userdo.flushed", params: { cursor: cursor() } });
    expect(others.filter(({ userdo }) => userdo)).toEqual([]);
  });

  it("marks flushes after hibernation in the form that each client requested", async () => {
    const { browser, http, socket, wrote, cursor, sleep } = await startLive();
    const stock = await openLiveSocket(browser, "stock");
    for (const each of [socket, stock]) {
      each.watch("notes.texts");
      await each.settled();
    }
    await sleep();
    await wrote(http.notes.create.mutate({ text: "one" }));
    await stock.reached(cursor());
    expect(socket.frames.at(-1)).toMatchObject({ id: 1, userdo: { flushed: cursor() } });
    expect(stock.frames.slice(-2)).toMatchObject([{ id: 1 }, { method: "userdo.flushed" }]);
  });

  it("sends the marker to a session that wrote even when no query changed, and not to other sessions", async () => {
    const { http, browser, socket, wrote, cursor } = await startLive();
    const other = await openLiveSocket(browser);
    const plain = await openLiveSocket(browser);
    socket.watch("kv.get", { key: "a" });
    other.watch("kv.get", { key: "b" });
    await Promise.all([socket.settled(), other.settled()]);
    const { id } = await wrote(http.notes.create.mutate({ text: "one" }));
    await other.reached(cursor());
    expect([socket.markers(), other.markers()].map(({ length }) => length)).toEqual([2, 2]);
    await http.notes.nothing.mutate();
    expect(await http.notes.delete.mutate({ id: crypto.randomUUID() })).toBe(false);
    await wrote(http.notes.delete.mutate({ id }));
    expect(socket.markers()).toHaveLength(3);
    expect(plain.frames).toEqual([]);
  });

  it("ends with an error of the query's own shape", async () => {
    const { http, socket, wrote } = await startLive();
    socket.watch("kv.get", { key: "a" });
    const refused = socket.watch("odd.refused");
    const wrongInput = socket.watch("notes.byId", { id: 1 });
    const nowhere = socket.watch("notes.nowhere");
    const mutation = socket.watch("notes.create", { text: "one" });
    const generator = socket.watch("_live", { path: "notes.texts" });
    await socket.settled();
    expect(socket.results(refused)).toEqual(["none"]);
    expect(errorOf(socket, wrongInput)).toMatchObject({ json: { data: { code: "BAD_REQUEST", path: "notes.byId" } } });
    for (const id of [nowhere, mutation, generator]) {
      expect(errorOf(socket, id)).toMatchObject({ json: { data: { code: "NOT_FOUND" } } });
    }
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect(errorOf(socket, refused)).toMatchObject({
      json: { message: "There are notes.", data: { code: "CONFLICT", path: "odd.refused" } },
    });
    const frames = socket.frames.length;
    await wrote(http.notes.create.mutate({ text: "two" }));
    expect(socket.frames.slice(frames).map(({ method }) => method)).toEqual(["userdo.flushed"]);
  });

  it.each([
    ["odd.fetches", "fetch"],
    ["odd.asks", "env.LIVE_DO"],
    ["odd.writes", "writes"],
  ])("refuses %s and states why", async (path, word) => {
    const { http, socket } = await startLive();
    const id = socket.watch(path);
    await socket.until(2);
    expect(errorOf(socket, id)).toMatchObject({
      json: { message: expect.stringContaining(word), data: { code: "METHOD_NOT_SUPPORTED", path } },
    });
    // A single call of it may write.
    if (path === "odd.writes") expect(await http.odd.writes.query()).toMatchObject({ name: "by a query" });
  });

  it("refuses a result that no frame can carry", async () => {
    const { socket } = await startLive();
    const [fits, large] = [1_000, 100_000].map((bytes) => socket.watch("notes.large", { bytes }));
    await socket.settled();
    expect(socket.results(fits ?? 0)).toHaveLength(1);
    expect(errorOf(socket, large ?? 0)).toMatchObject({ json: { data: { code: "PAYLOAD_TOO_LARGE" } } });
  });

  it("does not run again after it was stopped", async () => {
    const { http, socket, wrote } = await startLive();
    const [stopped, kept] = [socket.watch("notes.texts"), socket.watch("kv.get", { key: "a" })];
    await socket.settled();
    const { length } = socket.frames;
    socket.send({ id: stopped, method: "subscription.stop" });
    await socket.until(length + 1);
    expect(socket.frames.at(-1)).toEqual({ id: stopped, result: { type: "stopped" } });
    await http.trace.mutate();
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect(await http.trace.mutate()).toEqual([]);
    expect(socket.results(kept)).toEqual([null]);
  });

  it("resumes by its id, with a result only when it differs", async () => {
    const { http, browser, socket, wrote } = await startLive();
    const texts = socket.watch("notes.texts");
    await socket.settled();
    await wrote(http.notes.create.mutate({ text: "one" }));
    const lastEventId = socket.lastEventId(texts);
    expect(lastEventId).toMatch(/^\d+\.[0-9a-f]{16}\.[\w-]{22}$/);
    const again = await openLiveSocket(browser);
    const same = again.watch("notes.texts", undefined, lastEventId);
    await again.settled();
    expect(again.results(same)).toEqual([]);
    await wrote(http.notes.create.mutate({ text: "two" }));
    await again.settled();
    expect(again.results(same)).toEqual([["one", "two"]]);
    const late = await openLiveSocket(browser);
    const missed = late.watch("notes.texts", undefined, lastEventId);
    const forged = late.watch("notes.texts", undefined, "forged");
    await late.settled();
    expect([late.results(missed), late.results(forged)]).toEqual([[["one", "two"]], [["one", "two"]]]);
  });

  it("reads keys and prefixes, and runs again when keys expire", async () => {
    const { http, socket, wrote } = await startLive();
    const a = socket.watch("kv.get", { key: "a/1" });
    const all = socket.watch("kv.list", { prefix: "a/" });
    const theme = socket.watch("kv.theme.get");
    await socket.settled();
    await wrote(http.kv.theme.set.mutate({ value: "dark" }));
    await wrote(http.kv.set.mutate({ key: "a/2", value: 2 }));
    await wrote(http.kv.set.mutate({ key: "a/1", value: 1, ttl: 2 }));
    // The object's own alarm deletes it.
    await expect.poll(() => socket.results(a)).toEqual([null, 1, null]);
    const keys = socket.results(all).map((page) => (page as { items: { key: string }[] }).items.map(({ key }) => key));
    expect(keys).toEqual([[], ["a/2"], ["a/1", "a/2"], ["a/2"]]);
    expect(socket.results(theme)).toEqual([null, "dark"]);
  });

  it("reads the framework's own tables like any other", async () => {
    const { http, socket, wrote, session } = await startLive();
    const sessions = socket.watch("sessions.list");
    const data = socket.watch("sessions.data.get");
    const me = socket.watch("auth.me");
    await socket.settled();
    await wrote(http.sessions.rename.mutate({ id: session.id, name: "Laptop" }));
    await wrote(http.sessions.data.set.mutate({ theme: "dark" }));
    expect(socket.results(sessions).at(-1)).toMatchObject([{ name: "Laptop" }]);
    expect(socket.results(data)).toEqual([null, { theme: "dark" }]);
    expect(socket.results(me)).toHaveLength(1);
  });

  it("never delivers half of a transaction when it awaits between two reads", async () => {
    const { http, socket, wrote } = await startLive();
    const slow = socket.watch("notes.slow");
    await socket.settled();
    await http.notes.createTagged.mutate({ text: "one" });
    await http.notes.createTagged.mutate({ text: "two" });
    await wrote(http.notes.createTagged.mutate({ text: "three" }));
    const results = socket.results(slow) as { notes: number; tags: number }[];
    for (const { notes, tags } of results) expect(tags).toBe(notes);
    expect(results.at(-1)).toEqual({ notes: 3, tags: 3 });
  });
});
