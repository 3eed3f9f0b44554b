import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { expect, it } from "vitest";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { eventsOf, subscribe } from "../../fixtures/socket.js";
import { start, subscribed, textsOf } from "./streams-socket.js";

it("runs no procedure of unaffected subscriptions", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.changes", "streams.tracked", "streams.checked");
  const before = await http.trace.query();
  expect(before).toHaveLength(3);
  await sleep();
  expect(await http.trace.query()).toEqual(before);
  await http.others.create.mutate({ text: "elsewhere" });
  expect(await http.trace.query()).toEqual(before);
  await sleep();
  socket.send({ id: 9, method: "query", params: { path: "echo", input: { json: 1 } } });
  await socket.until(4);
  expect(await http.trace.query()).toEqual(before);
});

it("answers a ping, and the object stays asleep", async () => {
  const { socket, object, sleep } = await start();
  await subscribed(socket, "streams.changes");
  await sleep();
  socket.send("PING");
  await expect.poll(() => socket.texts.at(-1)).toBe("PONG");
  await expect(evictDurableObject(object)).rejects.toThrow(/not currently running/);
});

it("resumes a generator at its position when a source that it awaited changes", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.tracked");
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  await sleep();
  await http.items.create.mutate({ text: "two" });
  await socket.until(3);
  await sleep();
  await http.items.create.mutate({ text: "three" });
  await socket.until(4);
  expect(textsOf(socket, 1)).toEqual(["one", "two", "three"]);
  await http.items.create.mutate({ text: "four" });
  await socket.until(5);
  expect(textsOf(socket, 1)).toEqual(["one", "two", "three", "four"]);
  expect(socket.frames.filter(({ result }) => result?.type === "started")).toHaveLength(1);
});

it("resumes a generator that has yielded nothing yet", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.tracked");
  socket.send({
    id: 2,
    method: "subscription",
    params: { path: "streams.filtered", input: { json: { prefix: "b" } } },
  });
  await socket.until(2);
  await http.items.create.mutate({ text: "a, before it slept" });
  await sleep();
  await http.items.create.mutate({ text: "b" });
  await expect.poll(() => textsOf(socket, 2)).toEqual(["b"]);
  expect(socket.frames.filter(({ error }) => error)).toEqual([]);
});

it("resumes a generator that has yielded nothing, with the first change after hibernation", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.tracked");
  await sleep();
  await Promise.all([http.items.create.mutate({ text: "one" }), http.items.create.mutate({ text: "two" })]);
  await socket.until(3);
  await http.items.create.mutate({ text: "three" });
  await socket.until(4);
  expect(textsOf(socket, 1)).toEqual(["one", "two", "three"]);
});

it.each(["streams.delegated", "streams.merged"])("resumes %s, which is composed of sources", async (path) => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, path);
  for (const [index, text] of ["one", "two", "three"].entries()) {
    await sleep();
    await http.items.create.mutate({ text });
    await socket.until(index + 2);
  }
  expect(textsOf(socket, 1)).toEqual(["one", "two", "three"]);
});

it("keeps an app's own event ids, whatever they contain", async () => {
  const { http, socket, sleep } = await start();
  const ids = ["a\nb", "日本", "\u0000", "x".repeat(20_000), "é", " "];
  socket.send(subscribe(1, "streams.named", undefined, { ids }));
  await socket.until(7);
  await sleep();
  await http.trace.query();
  socket.send(subscribe(2, "streams.named", ids[3], { ids }));
  await socket.until(10);
  const cursorsOf = (id: number) =>
    eventsOf(socket.frames.filter((frame) => frame.id === id)).map(({ cursor }) => cursor);
  expect([cursorsOf(1), cursorsOf(2)]).toEqual([ids, ids.slice(4)]);
});

it("resumes a generator that awaits no source after the first event", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.numbers");
  await socket.until(2);
  for (const last of [1, 2]) {
    await sleep();
    await http.trace.query();
    await socket.until(2 + last);
    expect(eventsOf(socket.frames).at(-1)).toEqual({ cursor: `${last + 1}`, change: { after: last } });
  }
});

it("resumes at its client's cursor a generator that has yielded nothing since it was last resumed", async () => {
  const { http, socket, sleep } = await start();
  await http.items.create.mutate({ text: "one" });
  await http.items.create.mutate({ text: "two" });
  socket.send(subscribe(1, "streams.counted", "2"));
  await socket.until(1);
  await sleep();
  await http.items.create.mutate({ text: "three" });
  await socket.until(2);
  expect(eventsOf(socket.frames)).toEqual([{ cursor: "3", change: { text: "three" } }]);
});

it("delivers direct writes of an app's own method when the method ends", async () => {
  const { socket, object, sleep } = await start();
  await subscribed(socket, "streams.changes");
  await object.writeRaw("at once");
  await socket.until(2);
  await object.writeRawLater("later");
  await socket.until(3);
  await object.writeRawInVain();
  await socket.until(4);
  await sleep();
  await object.writeRaw("awake");
  await socket.until(5);
  expect(textsOf(socket, 1)).toEqual(["at once", "later", "after all", "awake"]);
});

it("delivers nothing of a transaction that is rolled back inside another", async () => {
  const { http, socket } = await start();
  await subscribed(socket, "streams.changes");
  await http.items.nested.mutate();
  await http.items.create.mutate({ text: "next" });
  await socket.until(4);
  expect(textsOf(socket, 1)).toEqual(["outer", "last", "next"]);
});

it("ends a subscription that cannot be resumed, and states why", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.untracked");
  await socket.until(2);
  await sleep();
  await http.trace.query();
  await socket.until(3);
  expect(socket.frames.at(-1)).toMatchObject({
    id: 1,
    error: { json: { message: expect.stringContaining("tracked(id, data)"), data: { code: "SERVICE_UNAVAILABLE" } } },
  });
  expect((await http.trace.query()).filter((each) => each === "ran streams.untracked")).toHaveLength(1);
  await sleep();
  await http.trace.query();
  expect(socket.frames).toHaveLength(3);
});

it.each(["a socket", "a caller"])("delivers an observable over %s, and runs its teardown", async (way) => {
  const { http, socket, user } = await start();
  if (way === "a socket") {
    await subscribed(socket, "streams.observed");
    await socket.until(3);
    expect(socket.frames.slice(1).map(({ result }) => result?.data?.json)).toEqual(["one", "two"]);
    socket.send({ id: 1, method: "subscription.stop" });
  } else {
    const caller = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
    const stream = (await caller.streams.observed()) as unknown as AsyncIterable<string>;
    for await (const text of stream) if (text === "two") break;
  }
  await expect.poll(() => http.trace.query()).toContain("ended streams.observed");
});

it("resumes a generator that was started by the message that woke the object", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.untracked");
  await socket.until(2);
  await sleep();
  socket.send(subscribe(2, "streams.numbers"));
  // The start, its first event, and the error of the subscription that hibernated.
  await socket.until(5);
  await sleep();
  await http.trace.query();
  await socket.until(6);
  expect(eventsOf(socket.frames.filter(({ id }) => id === 2)).map(({ cursor }) => cursor)).toEqual(["1", "2"]);
});

it("ends a subscription that fails to resume with its own error, and continues the others", async () => {
  const { http, socket, sleep } = await start();
  await subscribed(socket, "streams.failing", "streams.changes");
  await expect.poll(() => socket.frames.filter(({ error }) => error)).toHaveLength(1);
  await sleep();
  await http.items.create.mutate({ text: "one" });
  await expect.poll(() => textsOf(socket, 2)).toEqual(["one"]);
});

it("gives each event an id, untracked ones of a generator included", async () => {
  const { http, socket } = await start();
  await subscribed(socket, "streams.mixed");
  await http.items.create.mutate({ text: "one" });
  await socket.until(3);
  const [, tracked, aside] = socket.frames;
  expect(tracked?.result?.id).toMatch(/^\d+\./);
  expect(aside?.result).toEqual({ type: "data", id: tracked?.result?.id, data: { json: "aside" } });
});

it.each([
  ["a bigint", { json: "10", meta: { values: ["bigint"], v: 1 } }, "10"],
  ["a Map", { json: [["a", 1]], meta: { values: ["map"], v: 1 } }, '[["a",1]]'],
  ["a Date", { json: "1970-01-01T00:00:00.000Z", meta: { values: ["Date"], v: 1 } }, "1970-01-01T00:00:00.000Z"],
  ["a text of 12,000 characters of two bytes", { json: "ж".repeat(12_000) }, "ж".repeat(12_000)],
  ["a text of 5,000 characters of two bytes", { json: "日".repeat(5_000) }, "日".repeat(5_000)],
  ["a text of 100,000 characters", { json: "x".repeat(100_000) }, "x".repeat(100_000)],
  ["nothing", undefined, "undefined"],
])("keeps an input over hibernation: %s", async (_name, input, described) => {
  const { http, socket, sleep } = await start();
  socket.send({ id: 1, method: "subscription", params: { path: "streams.withInput", input } });
  await socket.until(1);
  expect(socket.frames[0]).toMatchObject({ result: { type: "started" } });
  await sleep();
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  expect(textsOf(socket, 1)).toEqual(["one"]);
  const inputs = (await http.trace.query()).filter((each) => each.startsWith("input"));
  expect(inputs).toEqual([`input ${described}`, `input ${described}`]);
});
