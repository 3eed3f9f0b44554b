import type { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import fc from "fast-check";
import superjson from "superjson";
import { initUserDO } from "trpc-userdo/router";
import { describe, expect, it } from "vitest";
import { shapeError } from "../../../src/router/run-call.js";
import type { ErrorShape, Reply } from "../../../src/shared/call.js";
import { createProxyRouter } from "../../../src/worker/calls/proxy-router.js";
import type { PreparedCall } from "../../../src/worker/calls/prepare-call.js";
import { writeReplies } from "../../../src/worker/calls/write-replies.js";
import { superjsonValue } from "../../fixtures/superjson-value.js";

const t = initUserDO({});
const router = t.router({
  query: t.userProcedure.query(() => 1),
  mutation: t.userProcedure.mutation(() => 1),
  subscription: t.userProcedure.subscription(() => Promise.reject(new Error())),
});

interface Sent {
  readonly paths: readonly string[];
  readonly replies: readonly (Reply | undefined)[];
  readonly isBatch: boolean;
  readonly method: "GET" | "POST";
}

interface Written {
  readonly status: number;
  readonly body: string;
  /** The messages of errors that occurred while the response was written. */
  readonly reported: readonly string[];
}

function prepared({ paths, replies, method }: Sent) {
  const procedures = router._def.procedures as unknown as Record<string, PreparedCall["procedure"]>;
  const calls = paths.map((path) => ({
    path,
    procedure: Object.hasOwn(procedures, path) ? procedures[path] : undefined,
  }));
  const reported: string[] = [];
  const shape = (call: { readonly path: string }, cause: unknown): ErrorShape => {
    const onError = ({ error }: { readonly error: Error }) => void reported.push(`${call.path}: ${error.message}`);
    return shapeError({ router, call: { input: undefined, ...call }, ctx: {}, cause, onError, isDevelopment: false });
  };
  return { calls, replies, method, reported, shape };
}

async function throughAdapter(sent: Sent): Promise<Written> {
  const { calls, method, reported, shape } = prepared(sent);
  async function* iterable() {
    yield await Promise.resolve(1);
  }
  const replies = sent.replies.map((reply) => reply && Promise.resolve({ ...reply, open: iterable }));
  const proxy = createProxyRouter(router, { calls, replies, streams: false, onSignal() {}, shape });
  const url = `https://app.example.com/trpc/${sent.paths.join(",")}${sent.isBatch ? "?batch=1" : ""}`;
  const req = new Request(url, { method, headers: { "content-type": "application/json" } });
  const response = await fetchRequestHandler({ endpoint: "/trpc", req, router: proxy });
  expect(Object.fromEntries(response.headers)).toEqual({
    "content-type": "application/json",
    vary: "trpc-accept, accept",
  });
  return { status: response.status, body: await response.text(), reported };
}

function throughWriter(sent: Sent): Written {
  const { reported, ...options } = prepared(sent);
  const { output: serializer } = router._def._config.transformer;
  return { ...writeReplies({ ...options, isBatch: sent.isBatch, serializer }), reported };
}

/** Ids of masked errors are random. */
const withoutIds = ({ body, ...rest }: Written): Written => ({
  ...rest,
  body: body.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id"),
});

async function expectEqual(sent: Sent): Promise<Written> {
  const [expected, actual] = [withoutIds(await throughAdapter(sent)), withoutIds(throughWriter(sent))];
  // Of several results that cannot be serialized, each reports the one that it meets first.
  if (sent.replies.length === 1) expect(actual.reported).toEqual(expected.reported);
  expect(actual).toEqual({ ...expected, reported: actual.reported });
  expect(actual.reported.length).toBe(expected.reported.length);
  return actual;
}

const ok = (data: unknown, more: object = {}): Reply => ({ ok: true, data, ...more });
const failed = (error: unknown): Reply => ({ ok: false, error: error as ErrorShape });
const shapeOf = (code: TRPCError["code"], data: object = {}) => ({
  message: `It is ${code}.`,
  code: TRPC_ERROR_CODES_BY_KEY[code],
  data: { code, httpStatus: 418, ...data },
});
const codes = Object.keys(TRPC_ERROR_CODES_BY_KEY) as TRPCError["code"][];

/** Replies of one call, by what is special about each. */
const replies: Readonly<Record<string, Reply | undefined>> = {
  "a row": ok({ id: "1", at: new Date(5), note: undefined }),
  undefined: ok(undefined),
  null: ok(null),
  "a cursor": ok([1], { cursor: 'a"b' }),
  "a cursor and annotations": ok(new Map([["at", new Date(5)]]), { cursor: "1.a" }),
  "text of superjson": ok(superjson.stringify({ url: new URL("https://example.com/") }), { encoding: "superjson" }),
  "text of superjson and a cursor": ok(superjson.stringify([1n]), { encoding: "superjson", cursor: "1.a" }),
  "text that superjson does not parse": ok('{"json":[1],"meta":{"values":[["typed-array","Buffer"]]}}', {
    encoding: "superjson",
  }),
  "a stream": ok(undefined, { stream: "ticket" }),
  "a value that cannot be serialized": ok(new BigInt64Array([5n])),
  "a key that superjson refuses": ok(JSON.parse('{"constructor":1}')),
  "an error without a status": failed({ message: "Old.", code: -32_004, data: { code: "NOT_FOUND" } }),
  "an error of an unknown code": failed({ message: "New.", code: 7, data: { code: "NEW" } }),
  "an error with dates": failed(shapeOf("CONFLICT", { at: new Date(5), retryAfter: 7 })),
  "no reply": undefined,
  ...Object.fromEntries(codes.map((code) => [`the code ${code}`, failed(shapeOf(code))])),
};
const named = Object.entries(replies);

describe("the response of the Worker equals tRPC's", () => {
  it.each(named)("for %s", async (_name, reply) => {
    const sent = { paths: ["query"], replies: [reply], method: reply ? "GET" : "POST" } as const;
    await expectEqual({ ...sent, isBatch: false });
    await expectEqual({ ...sent, isBatch: true });
  });

  it("for pairs of replies in a batch", async () => {
    const statuses = new Set<number>();
    for (const [, one] of named)
      for (const [, two] of named) {
        if (!one || !two) continue;
        const { status } = await expectEqual({
          paths: ["query", "query"],
          replies: [one, two],
          isBatch: true,
          method: "GET",
        });
        statuses.add(status);
      }
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 207, 404, 415, 418, 500]);
  });

  it.each<[string, Sent]>([
    ["an unknown path", { paths: ["nothing"], replies: [undefined], isBatch: false, method: "GET" }],
    ["the path of a method of objects", { paths: ["toString"], replies: [undefined], isBatch: false, method: "GET" }],
    ["unknown paths", { paths: ["a", "b"], replies: [undefined, undefined], isBatch: true, method: "POST" }],
    [
      "an unknown path and a result",
      { paths: ["a", "query"], replies: [undefined, ok(1)], isBatch: true, method: "GET" },
    ],
    ["a query by POST", { paths: ["query"], replies: [undefined], isBatch: false, method: "POST" }],
    ["queries by POST", { paths: ["query", "query"], replies: [undefined, undefined], isBatch: true, method: "POST" }],
    ["a mutation by GET", { paths: ["mutation"], replies: [undefined], isBatch: false, method: "GET" }],
    ["a mutation by GET in a batch", { paths: ["mutation"], replies: [undefined], isBatch: true, method: "GET" }],
    ["a subscription in a batch", { paths: ["subscription"], replies: [undefined], isBatch: true, method: "GET" }],
    [
      "a subscription by POST in a batch",
      { paths: ["subscription"], replies: [undefined], isBatch: true, method: "POST" },
    ],
    ["a mutation", { paths: ["mutation"], replies: [ok({ id: 1n })], isBatch: false, method: "POST" }],
  ])("for %s", async (_name, sent) => void (await expectEqual(sent)));

  it("for all values of superjson, by value and as text", async () => {
    const property = fc.asyncProperty(superjsonValue, fc.boolean(), async (value, isBatch) => {
      const sent = { paths: ["query"], isBatch, method: "GET" } as const;
      const { body } = await expectEqual({ ...sent, replies: [ok(value)] });
      const text = ok(superjson.stringify(value), { encoding: "json" });
      expect(throughWriter({ ...sent, replies: [text] }).body).toBe(body);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
