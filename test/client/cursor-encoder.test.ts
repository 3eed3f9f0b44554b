import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { createCursorEncoder } from "../../src/client/cursor-encoder.js";
import { createLiveDeltas } from "../../src/client/live-deltas.js";

const message = { id: 1, method: "subscription", params: { path: "posts.changes", input: {} } } as const;
const sent = (text: unknown): unknown => JSON.parse(String(text));

it("resumes a subscription that was cut off before its first event from its start cursor", () => {
  const { encode, decode } = createCursorEncoder();
  expect(sent(encode(message as never))).toEqual({ ...message, params: { ...message.params, userdo: {} } });
  decode('{"id":1,"result":{"type":"started","id":"5.0123456789abcdef"}}');
  expect(sent(encode([message, { id: 2, method: "query", params: {} }] as never))).toEqual([
    { ...message, params: { ...message.params, userdo: { startedAt: "5.0123456789abcdef" } } },
    { id: 2, method: "query", params: {} },
  ]);
});

it("prefers an event's own id, and deletes the cursor of a stopped subscription", () => {
  const { encode, decode } = createCursorEncoder();
  decode('{"id":1,"result":{"type":"started","id":"5.0123456789abcdef"}}');
  const resumed = { ...message, params: { ...message.params, lastEventId: "7.0123456789abcdef" } };
  expect(sent(encode(resumed as never))).toMatchObject({ params: { lastEventId: "7.0123456789abcdef" } });
  encode({ id: 1, method: "subscription.stop" } as never);
  expect(sent(encode(message as never))).not.toHaveProperty("params.userdo.startedAt");
});

it("reports a flush at once from its own frame, and after the event that carries it otherwise", async () => {
  const flushes: string[] = [];
  const { decode } = createCursorEncoder({ onFlushed: (cursor) => flushes.push(cursor) });
  decode('{"id":null,"method":"userdo.flushed","params":{"cursor":"5.0123456789abcdef"}}');
  expect(flushes).toEqual(["5.0123456789abcdef"]);
  decode('{"id":1,"result":{"type":"data","id":"6","data":{}},"userdo":{"flushed":"6.0123456789abcdef"}}');
  flushes.push("the event");
  await Promise.resolve();
  expect(flushes).toEqual(["5.0123456789abcdef", "the event", "6.0123456789abcdef"]);
});

it("starts a subscription without a cursor when it shows newer data than its last event", () => {
  const message = { id: 1, method: "subscription", params: { path: "_live", lastEventId: "7.0123456789abcdef" } };
  const { encode } = createCursorEncoder({ startsAnew: (id) => id === 1 });
  const frames = JSON.parse(String(encode([message, { ...message, id: 2 }] as never))) as unknown;
  expect(frames).toMatchObject([
    { params: { path: "_live", userdo: {} } },
    { params: { lastEventId: expect.any(String) } },
  ]);
  expect(frames).not.toHaveProperty("0.params.lastEventId");
});

describe("a live query over deltas", () => {
  const live = { id: 1, method: "subscription", params: { path: "_live", input: {} } };
  const whole = JSON.stringify({
    id: 1,
    result: {
      type: "data",
      id: "5.nonce.first",
      data: superjson.serialize({ id: "5.nonce.first", data: [{ id: "a" }] }),
    },
  });
  const delta = (base: string): string =>
    JSON.stringify({
      id: 1,
      result: { type: "data", id: "6.nonce.next", delta: { base, update: [{ at: 0, set: { n: 1 } }] } },
    });

  function openEncoder() {
    const lost: unknown[] = [];
    const deltas = createLiveDeltas({ transformer: superjson, onLost: (id) => lost.push(id) });
    const { encode, decode } = createCursorEncoder({ deltas });
    const read = (text: string): unknown => {
      const { result } = decode(text) as { readonly result?: { readonly data?: unknown } };
      return result && deltas.deserialize(result.data);
    };
    return {
      lost,
      read,
      subscribe: (params: object = {}) => sent(encode({ ...live, params: { ...live.params, ...params } } as never)),
    };
  }

  it("delivers whole results, and resumes from the last one", () => {
    const { lost, read, subscribe } = openEncoder();
    expect(subscribe()).toEqual({ ...live, params: { ...live.params, userdo: { deltas: true } } });
    expect(read(whole)).toEqual({ id: "5.nonce.first", data: [{ id: "a" }] });
    expect(read(delta("first"))).toEqual({ id: "6.nonce.next", data: [{ id: "a", n: 1 }] });
    expect(subscribe({ lastEventId: "6.nonce.next" })).toMatchObject({ params: { lastEventId: "6.nonce.next" } });
    expect(lost).toEqual([]);
  });

  it("asks for the whole result after changes of a result that it does not have", () => {
    const { lost, read, subscribe } = openEncoder();
    subscribe();
    read(whole);
    expect(read(delta("other"))).toBeUndefined();
    expect(lost).toEqual([1]);
    expect(subscribe({ lastEventId: "5.nonce.first" })).not.toHaveProperty("params.lastEventId");
  });

  it("asks for the whole result if it resumes from another event than its last one", () => {
    const { subscribe } = openEncoder();
    expect(subscribe({ lastEventId: "5.nonce.first" })).not.toHaveProperty("params.lastEventId");
  });
});
