import { describe, expect, test } from "vitest";
import { expectCalls, expectRejected, post, request } from "./expect-gate.js";

const names = (count: number) => Array.from({ length: count }, (_, index) => `q${index}`).join();
const inputs = (value: unknown) => `input=${encodeURIComponent(JSON.stringify(value))}`;

test("pairs paths and inputs by index", async () => {
  const { calls, isBatch } = await expectCalls(post("/trpc/a,b.c,d?batch=1", '{"0":{"json":1},"2":{"json":3}}'));
  expect(isBatch).toBe(true);
  expect(calls).toEqual([
    { path: "a", input: { json: 1 } },
    { path: "b.c", input: undefined },
    { path: "d", input: { json: 3 } },
  ]);
});

test("recognizes a batch of one, a batch without inputs and escaped commas", async () => {
  expect((await expectCalls(request(`/trpc/a?batch=1&${inputs({ 0: { json: 1 } })}`))).calls).toEqual([
    { path: "a", input: { json: 1 } },
  ]);
  for (const path of ["/trpc/a,b?batch=1", "/trpc/a%2Cb?batch=1", "/trpc/a%2cb?batch=1"]) {
    const { calls } = await expectCalls(request(path));
    expect(calls.map((call) => call.path)).toEqual(["a", "b"]);
  }
  expect((await expectCalls(post("/trpc/a,b?batch=1", ""))).calls).toHaveLength(2);
});

test.each(["/trpc/a,,b?batch=1", "/trpc/,a?batch=1", "/trpc/a,?batch=1", "/trpc/,?batch=1", "/trpc/a,b/c?batch=1"])(
  "rejects %s, which contains an invalid path",
  (path) => expectRejected(request(path), "NOT_FOUND"),
);

test.each([{ "trpc-accept": "application/jsonl" }, { accept: "text/html, application/jsonl" }])(
  "rejects %j without a batch, before any procedure runs",
  async (headers) => {
    await expectRejected(post("/trpc/a", "", headers), "BAD_REQUEST");
    await expectCalls(post("/trpc/a?batch=1", "", headers));
  },
);

describe("the size of a batch", () => {
  test("may be 20 calls", async () =>
    expect((await expectCalls(request(`/trpc/${names(20)}?batch=1`))).calls).toHaveLength(20));
  test("may not be 21 calls", () => expectRejected(request(`/trpc/${names(21)}?batch=1`), "BAD_REQUEST"));
  test("may not be 2,000 calls", () => expectRejected(request(`/trpc/${names(2000)}?batch=1`), "BAD_REQUEST"));
});

describe("the inputs of a batch", () => {
  test.each([
    "[]",
    '[{"json":1}]',
    "null",
    "1",
    '"0"',
    "true",
    '{"__proto__":{"json":1}}',
    '{"constructor":1}',
    '{"00":1}',
    '{"a":1}',
  ])("are rejected as %s", (body) => expectRejected(post("/trpc/a,b?batch=1", body), "BAD_REQUEST"));

  test("may have an index out of range, which is ignored", async () => {
    const { calls } = await expectCalls(post("/trpc/a?batch=1", '{"0":1,"1":2,"99999999":3}'));
    expect(calls).toEqual([{ path: "a", input: 1 }]);
  });

  test("are own properties only", async () => {
    await expectRejected(post("/trpc/a?batch=1", '{"__proto__":{"0":"polluted"}}'), "BAD_REQUEST");
    expect(({} as Record<string, unknown>)["0"]).toBeUndefined();
  });
});
