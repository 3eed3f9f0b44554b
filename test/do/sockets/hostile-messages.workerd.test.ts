import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { connect, echo, start, stillWorks } from "./streams-socket.js";

it.each(["source", "generator"])(
  "refuses a second subscription under one id, and continues the first: %s",
  async (kind) => {
    const path = kind === "source" ? "streams.changes" : "streams.tracked";
    const { http, socket, object } = await start();
    socket.send([subscribe(1, path), subscribe(1, path)]);
    socket.send(subscribe(1, path));
    await socket.until(3);
    const refused = { id: 1, error: { json: { data: { code: "BAD_REQUEST", reason: "DUPLICATE_ID", path } } } };
    expect(socket.frames).toMatchObject([{ id: 1, result: { type: "started" } }, refused, refused]);
    await evictDurableObject(object, { webSockets: "hibernate" });
    socket.send(subscribe(1, path));
    await socket.until(4);
    expect(socket.frames[3]).toMatchObject(refused);
    await http.items.create.mutate({ text: "one" });
    await socket.until(5);
    expect(socket.frames[4]).toMatchObject({ id: 1, result: { type: "data" } });
    expect(await http.trace.query()).not.toContain("ended streams.tracked");
  },
);

it("ignores a stop of a subscription that was never started", async () => {
  const { socket } = await connect();
  socket.send([
    { id: 1, method: "subscription.stop" },
    { id: "x", method: "subscription.stop", params: null },
  ]);
  await stillWorks(socket, 0);
});

it("starts a stopped subscription again under its id", async () => {
  const { socket } = await connect();
  socket.send([
    subscribe(1, "streams.tracked"),
    { id: 1, method: "subscription.stop" },
    subscribe(1, "streams.tracked"),
  ]);
  await socket.until(3);
  expect(socket.frames.map(({ result }) => result?.type)).toEqual(["started", "stopped", "started"]);
});

it("answers a call under the id of a subscription, and continues the subscription", async () => {
  const { http, socket } = await start();
  socket.send([subscribe(1, "streams.changes"), echo(1)]);
  await socket.until(2);
  await http.items.create.mutate({ text: "one" });
  await socket.until(3);
  expect(socket.frames).toMatchObject([
    { id: 1, result: { type: "started" } },
    { id: 1, result: { type: "data", data: { json: "here" } } },
    { id: 1, result: { type: "data", data: { json: { data: { type: "create" } } } } },
  ]);
});

it.each<[string, object, string]>([
  ["an unknown path", { method: "query", params: { path: "nothing" } }, "NOT_FOUND"],
  ["a router's path", { method: "query", params: { path: "items" } }, "NOT_FOUND"],
  ["__proto__", { method: "query", params: { path: "__proto__" } }, "NOT_FOUND"],
  ["items.__proto__", { method: "mutation", params: { path: "items.__proto__" } }, "NOT_FOUND"],
  ["items.create.constructor", { method: "mutation", params: { path: "items.create.constructor" } }, "NOT_FOUND"],
  ["an empty path", { method: "query", params: { path: "" } }, "NOT_FOUND"],
  ["a query that is called as a mutation", { method: "mutation", params: { path: "echo" } }, "NOT_FOUND"],
  ["a mutation that is called as a query", { method: "query", params: { path: "conflict" } }, "NOT_FOUND"],
  ["a subscription that is called as a query", { method: "query", params: { path: "streams.changes" } }, "NOT_FOUND"],
  ["a query that is subscribed to", { method: "subscription", params: { path: "echo" } }, "NOT_FOUND"],
  ["an unknown method", { method: "delete", params: { path: "echo" } }, "PARSE_ERROR"],
  ["no method", { params: { path: "echo" } }, "PARSE_ERROR"],
  ["constructor", { method: "query", params: { path: "constructor" } }, "NOT_FOUND"],
  ["a path that climbs", { method: "query", params: { path: "../echo" } }, "NOT_FOUND"],
  ["a method of __proto__", { method: "__proto__", params: { path: "echo" } }, "PARSE_ERROR"],
  ["no parameters", { method: "query" }, "PARSE_ERROR"],
  ["parameters of null", { method: "query", params: null }, "PARSE_ERROR"],
  ["parameters in an array", { method: "query", params: ["echo"] }, "PARSE_ERROR"],
  ["a path that is not text", { method: "query", params: { path: 1 } }, "PARSE_ERROR"],
  ["another jsonrpc", { jsonrpc: "1.0", method: "query", params: { path: "echo" } }, "PARSE_ERROR"],
  [
    "an event id that is not text",
    { method: "subscription", params: { path: "streams.changes", lastEventId: 1 } },
    "PARSE_ERROR",
  ],
  ["an input that is not superjson's", { method: "query", params: { path: "echo", input: "text" } }, "BAD_REQUEST"],
  [
    "an input with a class of superjson's",
    { method: "query", params: { path: "echo", input: { json: "a", meta: { values: [["class", "Object"]] } } } },
    "BAD_REQUEST",
  ],
  [
    "an input that pollutes",
    {
      method: "query",
      params: { path: "echo", input: { json: { a: 1 }, meta: { values: { "__proto__.polluted": ["undefined"] } } } },
    },
    "BAD_REQUEST",
  ],
  ["a procedure that sets cookies", { method: "mutation", params: { path: "auth.logout" } }, "BAD_REQUEST"],
])("refuses %s under its id", async (_name, message, code) => {
  const { socket } = await connect();
  socket.send({ id: 5, ...message });
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: 5, error: { json: { data: { code } } } }]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  await stillWorks(socket, 1);
});

it("echoes jsonrpc in every kind of reply", async () => {
  const { http, socket } = await start();
  const rpc = { jsonrpc: "2.0" };
  socket.send({ ...rpc, ...subscribe(1, "streams.changes") });
  await socket.until(1);
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  socket.send([
    { ...rpc, ...subscribe(1, "streams.changes") },
    { ...rpc, id: 1, method: "subscription.stop" },
    { ...rpc, ...echo(2) },
    { ...rpc, id: 3, method: "query", params: { path: "nothing" } },
    { ...rpc, id: 4, method: "query", params: { path: 1 } },
    echo(5),
  ]);
  await socket.until(8);
  expect(socket.frames.map((frame) => [frame.id, (frame as { jsonrpc?: string }).jsonrpc])).toEqual([
    [1, "2.0"],
    [1, "2.0"],
    [1, "2.0"],
    [1, "2.0"],
    [2, "2.0"],
    [3, "2.0"],
    [4, "2.0"],
    [5, undefined],
  ]);
});

it("does not execute a message after the server's close", async () => {
  const { socket, object } = await start();
  await runInDurableObject(object, async (instance, state) => {
    const [end] = state.getWebSockets();
    if (!end) throw new Error("There is no socket.");
    end.close(4_000);
    const message = {
      id: 1,
      method: "mutation",
      params: { path: "items.create", input: { json: { text: "late" } } },
    };
    await instance.webSocketMessage(end, JSON.stringify(message));
    expect(state.storage.sql.exec("SELECT count(*) AS n FROM items").one()).toEqual({ n: 0 });
  });
  expect(socket.frames).toEqual([]);
});

it("answers under the id of a call whatever its procedure throws", async () => {
  const { socket } = await connect();
  socket.send([{ id: 1, method: "query", params: { path: "fail" } }, subscribe(2, "streams.failing"), echo(3)]);
  await expect.poll(() => socket.frames.filter(({ error }) => error).map(({ id }) => id)).toEqual([1, 2]);
  expect(socket.frames.some(({ id, result }) => id === 3 && result?.type === "data")).toBe(true);
  expect(socket.texts.join()).not.toContain("hunter2");
});

it("answers although the app's formatter or reporter fails", async () => {
  const { http, socket } = await start();
  const call = (id: number, path: string, method = "query") => ({ id, method, params: { path } });
  const messages = [call(1, "unformattable"), call(2, "unreportable"), call(3, "conflict", "mutation"), echo(4)];
  for (const message of messages) socket.send(message);
  socket.send(subscribe(5, "streams.unreportable"));
  await socket.until(7);
  const refused = (id: number, data: object) => ({ id, error: { json: { data } } });
  expect(socket.frames).toMatchObject([
    refused(1, { code: "BAD_REQUEST" }),
    refused(2, { code: "INTERNAL_SERVER_ERROR" }),
    refused(3, { code: "CONFLICT", by: "user" }),
    { id: 4, result: { type: "data" } },
    { id: 5, result: { type: "started" } },
    { id: 5, result: { type: "data", id: "1" } },
    refused(5, { code: "INTERNAL_SERVER_ERROR" }),
  ]);
  await expect(http.unformattable.query()).rejects.toMatchObject({ data: { code: "BAD_REQUEST" } });
  await expect(http.unreportable.query()).rejects.toMatchObject({ data: { code: "INTERNAL_SERVER_ERROR" } });
  await expect(http.conflict.mutate()).rejects.toMatchObject({ data: { code: "CONFLICT", by: "user" } });
});

it("answers with an error under its id for a stream that cannot be iterated", async () => {
  const { socket } = await connect();
  socket.send(subscribe(1, "streams.lockedStream"));
  await socket.until(2);
  expect(socket.frames[1]).toMatchObject({ id: 1, error: { json: { data: { code: "INTERNAL_SERVER_ERROR" } } } });
  await stillWorks(socket, 2);
});

it("delivers the events of a generator before the error that it throws", async () => {
  const { socket } = await connect();
  socket.send(subscribe(1, "streams.throwing"));
  await socket.until(4);
  socket.send(subscribe(2, "streams.returning"));
  await socket.until(7);
  expect(socket.frames.map(({ result }) => result?.id ?? result?.type)).toEqual(
    // The frames of the error, and then of the other subscription.
    ["started", "1", "2", undefined, "started", "1", "stopped"],
  );
  expect(socket.frames[3]).toMatchObject({ error: { json: { message: "Taken.", data: { code: "CONFLICT" } } } });
});

it("answers in the order of the messages of one socket, however long the first takes", async () => {
  const { http, socket } = await start();
  socket.send({ id: 1, method: "query", params: { path: "pause" } });
  for (let id = 2; id <= 20; id++) socket.send(id % 2 ? echo(id) : subscribe(id, "streams.tracked"));
  socket.send("{");
  await expect.poll(() => http.trace.query()).toContain("ran pause");
  expect(socket.frames).toEqual([]);
  await http.release.mutate();
  await socket.until(21);
  expect(socket.frames.map(({ id }) => id)).toEqual([...Array.from({ length: 20 }, (_, n) => n + 1), null]);
});
