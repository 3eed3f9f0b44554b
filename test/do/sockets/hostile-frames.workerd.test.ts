import { expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { connect, echo, start, stillWorks } from "./feeds-socket.js";

it("a binary frame closes the socket", async () => {
  const { socket } = await connect();
  socket.socket.send(new TextEncoder().encode(JSON.stringify(echo(1))));
  expect((await socket.closed).code).toBe(1003);
  expect(socket.frames).toEqual([]);
});

it.each([
  ["hostile 44: no JSON", "{"],
  ["hostile 44: an empty frame", ""],
  ["hostile 44: a number", "1"],
  ["hostile 44: null", "null"],
  ["hostile 44: a text", '"PING"'],
  ["hostile 44: an object without fields", "{}"],
  ["hostile 44: white space", " \n\t"],
  ["hostile 44: an array in an array", "[[]]"],
  ["hostile 44: arrays in one another", "[".repeat(100_000)],
  ["hostile 43: 10,000 messages in one frame", `[${Array(10_000).fill("1").join()}]`],
])("%s is told as malformed, and the socket goes on", async (_name, frame) => {
  const { socket } = await connect();
  socket.send(frame);
  await socket.until(1);
  expect(socket.frames).toMatchObject([
    { id: null, error: { json: { code: -32_700, data: { code: "PARSE_ERROR" } } } },
  ]);
  await stillWorks(socket, 1);
});

it.each([
  ["arrays in one another", `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`, "PAYLOAD_TOO_LARGE"],
  ["many empty arrays", `[[${"[],".repeat(80_000)}[]]]`, "BAD_REQUEST"],
  ["objects in one another", `[${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}]`, "BAD_REQUEST"],
])("a frame of %s is refused before it is parsed, and the socket goes on", async (_name, frame, code) => {
  const { socket } = await connect();
  socket.send(frame);
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: null, error: { json: { data: { code } } } }]);
  await stillWorks(socket, 1);
});

it("what was no valid UTF-8 is told so under its own id, and the socket goes on", async () => {
  const { socket } = await connect();
  socket.send(JSON.stringify(echo(1, { json: "\uFFFD" })));
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: 1, error: { json: { code: -32_700, data: { code: "PARSE_ERROR" } } } }]);
  await stillWorks(socket, 1);
});

it("an empty array is nothing, and its neighbours are answered", async () => {
  const { socket } = await connect();
  socket.send("[]");
  await stillWorks(socket, 0);
});

it.each([
  ["none", undefined],
  ["null", null],
  ["an object", {}],
  ["an array", [1]],
  ["true", true],
  ["a fraction", 1.5],
  ["beyond what a number holds", 2 ** 53],
  ["a text of 200,000 characters", "x".repeat(200_000)],
])("an id that is %s is refused, and the other message of the frame is answered", async (_name, id) => {
  const { socket } = await connect();
  socket.send([echo(id), echo(2)]);
  await socket.until(2);
  expect(socket.frames).toMatchObject([
    { id: null, error: { json: { data: { code: "PARSE_ERROR" } } } },
    { id: 2, result: { type: "data" } },
  ]);
});

it("an id of 1e309 is refused", async () => {
  const { socket } = await connect();
  socket.send(JSON.stringify(echo(1)).replace('"id":1', '"id":1e309'));
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: null, error: { json: { data: { code: "PARSE_ERROR" } } } }]);
});

it.each(["__proto__", "constructor", "toString", "", "0", 0, -1, "1"])("%j is an id like any other", async (id) => {
  const { http, socket } = await start();
  socket.send(subscribe(id as number, "feeds.changes"));
  socket.send(subscribe(1_000, "feeds.changes"));
  await socket.until(2);
  await http.items.create.mutate({ text: "one" });
  await socket.until(4);
  expect(socket.frames.map((frame) => [frame.id, frame.result?.type])).toEqual([
    [id, "started"],
    [1_000, "started"],
    [id, "data"],
    [1_000, "data"],
  ]);
  socket.send({ id, method: "subscription.stop" });
  await socket.until(5);
  expect(socket.frames.at(-1)).toEqual({ id, result: { type: "stopped" } });
});

it("a number and a text are two ids", async () => {
  const { socket } = await connect();
  socket.send([subscribe(1, "feeds.changes"), subscribe("1" as never, "feeds.changes")]);
  await socket.until(2);
  expect(socket.frames.map(({ id, result }) => [id, result?.type])).toEqual([
    [1, "started"],
    ["1", "started"],
  ]);
});
