import { expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { connect, echo, start, stillWorks } from "./streams-socket.js";

it("closes the socket after a binary frame", async () => {
  const { socket } = await connect();
  socket.socket.send(new TextEncoder().encode(JSON.stringify(echo(1))));
  expect((await socket.closed).code).toBe(1003);
  expect(socket.frames).toEqual([]);
});

it.each([
  ["invalid JSON", "{"],
  ["an empty frame", ""],
  ["a number", "1"],
  ["null", "null"],
  ["a text", '"PING"'],
  ["an object without fields", "{}"],
  ["white space", " \n\t"],
  ["an array in an array", "[[]]"],
  ["arrays in one another", "[".repeat(100_000)],
  ["10,000 messages in one frame", `[${Array(10_000).fill("1").join()}]`],
])("answers that %s is malformed, and keeps the socket open", async (_name, frame) => {
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
])("refuses a frame of %s before it is parsed, and keeps the socket open", async (_name, frame, code) => {
  const { socket } = await connect();
  socket.send(frame);
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: null, error: { json: { data: { code } } } }]);
  await stillWorks(socket, 1);
});

it("reports invalid UTF-8 under its own id, and keeps the socket open", async () => {
  const { socket } = await connect();
  socket.send(JSON.stringify(echo(1, { json: "\uFFFD" })));
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: 1, error: { json: { code: -32_700, data: { code: "PARSE_ERROR" } } } }]);
  await stillWorks(socket, 1);
});

it("ignores an empty array and answers its neighbours", async () => {
  const { socket } = await connect();
  socket.send("[]");
  await stillWorks(socket, 0);
});

it.each([
  ["missing", undefined],
  ["null", null],
  ["an object", {}],
  ["an array", [1]],
  ["true", true],
  ["a fraction", 1.5],
  ["beyond the safe integers", 2 ** 53],
  ["a text of 200,000 characters", "x".repeat(200_000)],
])("refuses an id that is %s, and answers the other message of the frame", async (_name, id) => {
  const { socket } = await connect();
  socket.send([echo(id), echo(2)]);
  await socket.until(2);
  expect(socket.frames).toMatchObject([
    { id: null, error: { json: { data: { code: "PARSE_ERROR" } } } },
    { id: 2, result: { type: "data" } },
  ]);
});

it("refuses an id of 1e309", async () => {
  const { socket } = await connect();
  socket.send(JSON.stringify(echo(1)).replace('"id":1', '"id":1e309'));
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: null, error: { json: { data: { code: "PARSE_ERROR" } } } }]);
});

it.each(["__proto__", "constructor", "toString", "", "0", 0, -1, "1"])("accepts %j as an id", async (id) => {
  const { http, socket } = await start();
  socket.send(subscribe(id as number, "streams.changes"));
  socket.send(subscribe(1_000, "streams.changes"));
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

it("distinguishes a number from an equal string as an id", async () => {
  const { socket } = await connect();
  socket.send([subscribe(1, "streams.changes"), subscribe("1" as never, "streams.changes")]);
  await socket.until(2);
  expect(socket.frames.map(({ id, result }) => [id, result?.type])).toEqual([
    [1, "started"],
    ["1", "started"],
  ]);
});
