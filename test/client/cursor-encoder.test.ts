import { expect, it } from "vitest";
import { createCursorEncoder } from "../../src/client/cursor-encoder.js";

const message = { id: 1, method: "subscription", params: { path: "posts.changes", input: {} } } as const;
const sent = (text: unknown): unknown => JSON.parse(String(text));

it("a subscription that was cut off before its first event goes on where it started", () => {
  const { encode, decode } = createCursorEncoder();
  expect(sent(encode(message as never))).toEqual({ ...message, params: { ...message.params, userdo: {} } });
  decode('{"id":1,"result":{"type":"started","id":"5.0123456789abcdef"}}');
  expect(sent(encode([message, { id: 2, method: "query", params: {} }] as never))).toEqual([
    { ...message, params: { ...message.params, userdo: { startedAt: "5.0123456789abcdef" } } },
    { id: 2, method: "query", params: {} },
  ]);
});

it("an event's own id goes before, and a stopped subscription is forgotten", () => {
  const { encode, decode } = createCursorEncoder();
  decode('{"id":1,"result":{"type":"started","id":"5.0123456789abcdef"}}');
  const resumed = { ...message, params: { ...message.params, lastEventId: "7.0123456789abcdef" } };
  expect(sent(encode(resumed as never))).toMatchObject({ params: { lastEventId: "7.0123456789abcdef" } });
  encode({ id: 1, method: "subscription.stop" } as never);
  expect(sent(encode(message as never))).not.toHaveProperty("params.userdo.startedAt");
});

it("a flush is heard to be complete from a frame of its own at once, and from its last event after that", async () => {
  const heard: string[] = [];
  const { decode } = createCursorEncoder({ onFlushed: (cursor) => heard.push(cursor) });
  decode('{"id":null,"method":"userdo.flushed","params":{"cursor":"5.0123456789abcdef"}}');
  expect(heard).toEqual(["5.0123456789abcdef"]);
  decode('{"id":1,"result":{"type":"data","id":"6","data":{}},"userdo":{"flushed":"6.0123456789abcdef"}}');
  heard.push("the event");
  await Promise.resolve();
  expect(heard).toEqual(["5.0123456789abcdef", "the event", "6.0123456789abcdef"]);
});

it("starts a subscription without a position when it shows newer data than its last event", () => {
  const message = { id: 1, method: "subscription", params: { path: "_live", lastEventId: "7.0123456789abcdef" } };
  const { encode } = createCursorEncoder({ startsAnew: (id) => id === 1 });
  const frames = JSON.parse(String(encode([message, { ...message, id: 2 }] as never))) as unknown;
  expect(frames).toMatchObject([
    { params: { path: "_live", userdo: {} } },
    { params: { lastEventId: expect.any(String) } },
  ]);
  expect(frames).not.toHaveProperty("0.params.lastEventId");
});
