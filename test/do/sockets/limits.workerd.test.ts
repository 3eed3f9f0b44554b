import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventsOf, subscribe, type RawSocket } from "../../fixtures/socket.js";
import { openStreams, reading, subscribeMany } from "./open-streams.js";

const rowsOf = (object: DurableObjectStub) =>
  runInDurableObject(object, (_instance, state) =>
    Number(state.storage.sql.exec("SELECT count(*) AS n FROM _socket_subscriptions").one()["n"]),
  );

describe("many sockets and subscriptions", () => {
  it("keep 2,000 idle subscriptions on one socket over hibernation, and stay asleep after a ping", async () => {
    const { http, open, object } = await openStreams();
    const socket = reading(await open());
    await subscribeMany(socket, 2_000);
    await evictDurableObject(object, { webSockets: "hibernate" });
    await socket.ping();
    await expect(evictDurableObject(object)).rejects.toThrow(/not currently running/);
    const { id } = await http.items.create.mutate({ text: "one" });
    await socket.until(4_000);
    const received = socket.frames.slice(2_000);
    expect(new Set(received.map((frame) => frame.id)).size).toBe(2_000);
    expect(eventsOf(received).every(({ change }) => (change as { id: string }).id === id)).toBe(true);
    await http.items.delete.mutate({ id });
    await socket.until(6_000);
    // At rest nothing prevents hibernation.
    await evictDurableObject(object, { webSockets: "hibernate" });
    await http.trace.query();
    expect(socket.frames).toHaveLength(6_000);
  }, 60_000);

  it("keep 1,000 sockets of one object over hibernation", async () => {
    const { http, open, object } = await openStreams();
    const sockets: RawSocket[] = [];
    while (sockets.length < 1_000) sockets.push(...(await Promise.all(Array.from({ length: 50 }, open))));
    for (const socket of sockets) socket.send(subscribe(1, "streams.changes"));
    await Promise.all(sockets.map((socket) => socket.until(1)));
    await evictDurableObject(object, { webSockets: "hibernate" });
    const { id } = await http.items.create.mutate({ text: "one" });
    await Promise.all(sockets.map((socket) => socket.until(2)));
    for (const { frames } of sockets) expect(eventsOf(frames)).toMatchObject([{ change: { type: "create", id } }]);
    for (const { socket } of sockets) socket.close();
  }, 120_000);

  it("store subscriptions that exceed the attachment as rows, and delete them with their sockets", async () => {
    const { open, object, http } = await openStreams();
    const [first, second] = [reading(await open()), reading(await open())];
    await subscribeMany(first, 300);
    await subscribeMany(second, 300);
    expect(await rowsOf(object)).toBe(600);
    first.send({ id: 300, method: "subscription.stop" });
    await first.until(301);
    expect(await rowsOf(object)).toBe(599);
    first.socket.close();
    await expect.poll(() => rowsOf(object)).toBe(300);
    // Closed without a close frame, as by a deployment.
    await evictDurableObject(object, { webSockets: "close" });
    await http.trace.query();
    const third = await open();
    await subscribeMany(third, 1);
    expect(await rowsOf(object)).toBe(0);
  });
});

describe("limits of sockets", () => {
  const refusals = (socket: RawSocket) => socket.frames.flatMap(({ error }) => (error ? [error.json] : []));

  it("apply to the subscriptions on one socket and in one object", async () => {
    const { open } = await openStreams("/small");
    const [first, second] = [await open(), await open()];
    for (let id = 1; id <= 4; id++) first.send(subscribe(id, "streams.changes"));
    await first.until(4);
    expect(refusals(first)).toMatchObject([
      {
        message: "This socket already has 3 subscriptions. Stop some of them, or open another socket.",
        data: { code: "BAD_REQUEST" },
      },
    ]);
    for (let id = 1; id <= 3; id++) second.send(subscribe(id, "streams.changes"));
    await second.until(3);
    expect(refusals(second)).toMatchObject([
      { message: "This object already has 5 subscriptions. Stop some of them first.", data: { code: "BAD_REQUEST" } },
    ]);
    first.send({ id: 1, method: "subscription.stop" });
    await first.until(5);
    second.send(subscribe(4, "streams.changes"));
    await second.until(4);
    expect(second.frames.at(-1)).toEqual({ id: 4, result: { type: "started" } });
  });

  it("apply to the sockets of one object, and refuse the next one with a reason", async () => {
    const { open } = await openStreams("/small");
    for (let n = 0; n < 3; n++) await open();
    expect(await (await open()).closed).toEqual({ code: 4429, reason: expect.stringContaining("too many sockets") });
  });

  it("refuse a message that is too large, and close its socket", async () => {
    const { open } = await openStreams();
    const socket = await open();
    const message = (bytes: number) => {
      const empty = JSON.stringify({ id: 1, method: "query", params: { path: "echo", input: { json: "" } } });
      return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
    };
    socket.send(message(262_144));
    await socket.until(1);
    expect(socket.frames[0]?.result?.type).toBe("data");
    socket.send(message(262_145));
    expect((await socket.closed).code).toBe(1009);
    expect(refusals(socket)).toMatchObject([{ data: { code: "PAYLOAD_TOO_LARGE" } }]);
  });

  it("count bytes, not characters", async () => {
    const { open } = await openStreams("/small");
    const socket = await open();
    socket.send({ id: 1, method: "query", params: { path: "echo", input: { json: "日".repeat(400) } } });
    expect((await socket.closed).code).toBe(1009);
    expect(refusals(socket)).toMatchObject([{ data: { code: "PAYLOAD_TOO_LARGE" } }]);
  });
});

describe("messages that wait for an answer", () => {
  const echo = (id: number, text: string) => ({
    id,
    method: "query",
    params: { path: "echo", input: { json: text } },
  });

  it.each([
    ["many", 100, 1],
    ["much", 1, 200_000],
  ])("close the socket with a reason when too %s wait behind a slow call", async (_, inFrame, length) => {
    const { open, http } = await openStreams();
    const socket = await open();
    socket.send({ id: 1, method: "query", params: { path: "pause" } });
    for (let n = 0; n < 30; n++) socket.send(Array.from({ length: inFrame }, () => echo(n + 2, "x".repeat(length))));
    expect(await socket.closed).toEqual({
      code: 4413,
      reason: "Too many unanswered messages. Wait for replies before you send more.",
    });
    await http.release.mutate();
  });

  it("are answered up to the number that a client may have under way", async () => {
    const { open, http } = await openStreams();
    const socket = reading(await open());
    socket.send({ id: 1, method: "query", params: { path: "pause" } });
    for (let n = 0; n < 1_000; n++) socket.send(echo(n + 2, "x"));
    // The answer comes after all messages before it have arrived.
    await socket.ping();
    await http.release.mutate();
    await socket.until(1_001);
    expect(socket.frames.map(({ id }) => id)).toEqual(Array.from({ length: 1_001 }, (_, n) => n + 1));
  });
});

describe("a client that reconnects", () => {
  it("resumes 2,000 subscriptions in one frame of more than 256 KiB", async () => {
    const { open, http } = await openStreams();
    const socket = reading(await open());
    const input = { prefix: "x".repeat(200) };
    const frame = JSON.stringify(
      Array.from({ length: 2_000 }, (_, n) => subscribe(n + 1, "streams.withInput", undefined, input)),
    );
    expect(frame.length).toBeGreaterThan(262_144);
    socket.send(frame);
    await socket.until(2_000);
    expect(socket.frames.every(({ result }) => result?.type === "started")).toBe(true);
    await http.items.create.mutate({ text: "one" });
    await socket.until(4_000);
  }, 60_000);

  it("gets an error under the id of a message that is too large, and answers to its neighbours", async () => {
    const { open } = await openStreams();
    const socket = reading(await open());
    const large = { id: 2, method: "query", params: { path: "echo", input: { json: "x".repeat(262_144) } } };
    socket.send([subscribe(1, "streams.changes"), large, subscribe(3, "streams.changes")]);
    await socket.until(3);
    expect(socket.frames).toMatchObject([
      { id: 1, result: { type: "started" } },
      { id: 2, error: { json: { data: { code: "PAYLOAD_TOO_LARGE" } } } },
      { id: 3, result: { type: "started" } },
    ]);
  });

  it("may not have subscriptions with more input than one frame could send again", async () => {
    const { open, object } = await openStreams();
    const socket = reading(await open());
    const input = { prefix: "x".repeat(200_000) };
    for (let n = 1; n <= 9; n++) socket.send(subscribe(n, "streams.withInput", undefined, input));
    await socket.until(9);
    await evictDurableObject(object, { webSockets: "hibernate" });
    for (let n = 10; n <= 12; n++) socket.send(subscribe(n, "streams.withInput", undefined, input));
    await socket.until(12);
    expect(socket.frames.map(({ error }) => error?.json.data.code)).toEqual([
      ...Array<undefined>(10).fill(undefined),
      "PAYLOAD_TOO_LARGE",
      "PAYLOAD_TOO_LARGE",
    ]);
    socket.send({ id: 3, method: "subscription.stop" });
    socket.send(subscribe(13, "streams.withInput", undefined, input));
    await socket.until(14);
    expect(socket.frames.at(-1)).toEqual({ id: 13, result: { type: "started" } });
  });

  it("may not have subscriptions with longer event ids than one frame could send again", async () => {
    const { open, object } = await openStreams();
    const socket = reading(await open());
    const cursor = "9".repeat(200_000);
    for (let n = 1; n <= 11; n++) socket.send(subscribe(n, "streams.counted", cursor));
    await socket.until(11);
    expect(socket.frames.filter(({ error }) => error)).toMatchObject([
      { id: 11, error: { json: { data: { code: "PAYLOAD_TOO_LARGE" } } } },
    ]);
    await evictDurableObject(object, { webSockets: "hibernate" });
    socket.send(subscribe(12, "streams.counted", cursor));
    socket.send({ id: 3, method: "subscription.stop" });
    socket.send(subscribe(13, "streams.counted", cursor));
    await socket.until(14);
    expect(socket.frames.slice(11).map(({ id, result }) => [id, result?.type])).toEqual([
      [12, undefined],
      [3, "stopped"],
      [13, "started"],
    ]);
  });
});
