import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { transformer } from "../../../src/router/transformer.js";
import type { Refusal } from "../../../src/worker/gate/refusal.js";
import { refusalResponse } from "../../../src/worker/gate/refusal-response.js";
import { expectCalls, OWN, post, query, refusalOf, request } from "./expect-gate.js";

const t = initTRPC.create({ transformer, isDev: false });
const router = t.router({
  list: t.procedure.input((value) => value as object | undefined).query(() => 1),
  create: t.procedure.input((value) => value as object | undefined).mutation(() => 1),
});
type Router = typeof router;
const config = router._def._config;

test("serializes a rejection like the router's own errors, without a stack", async () => {
  const reply = refusalResponse(await refusalOf(request("/trpc/q", { method: "PUT" })), config);
  expect(reply.status).toBe(405);
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(reply.headers.get("allow")).toBe("GET, POST, OPTIONS");
  expect(await reply.json()).toEqual({
    error: {
      json: {
        message: "This method is not supported. Use GET for queries and subscriptions, POST for mutations.",
        code: -32005,
        data: { code: "METHOD_NOT_SUPPORTED", httpStatus: 405, reason: "METHOD_NOT_ALLOWED" },
      },
    },
  });
});

test.each<[Refusal["code"], number]>([
  ["BAD_REQUEST", 400],
  ["FORBIDDEN", 403],
  ["NOT_FOUND", 404],
  ["METHOD_NOT_SUPPORTED", 405],
  ["PAYLOAD_TOO_LARGE", 413],
  ["UNSUPPORTED_MEDIA_TYPE", 415],
])("answers %s with status %d", (code, status) => {
  expect(refusalResponse({ code, message: "No.", reason: "ORIGIN_NOT_ALLOWED" }, config).status).toBe(status);
});

test("applies the app's own error format", async () => {
  const formatted = initTRPC.create({
    transformer,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, app: 1 } }),
  });
  const reply = refusalResponse(
    { code: "FORBIDDEN", message: "No.", reason: "ORIGIN_NOT_ALLOWED" },
    formatted.router({})._def._config,
  );
  expect(await reply.json()).toMatchObject({ error: { json: { data: { code: "FORBIDDEN", app: 1 } } } });
});

type Fetch = NonNullable<Parameters<typeof httpLink<Router>>[0]["fetch"]>;
const links: [string, (fetch: Fetch) => TRPCLink<Router>][] = [
  ["httpLink", (fetch) => httpLink({ url: `${OWN}/trpc`, transformer: superjson, fetch })],
  ["httpBatchLink", (fetch) => httpBatchLink({ url: `${OWN}/trpc`, transformer: superjson, fetch })],
  ["httpBatchStreamLink", (fetch) => httpBatchStreamLink({ url: `${OWN}/trpc`, transformer: superjson, fetch })],
];

describe.each(links)("the stock %s", (_, link) => {
  test.each<Refusal["code"]>(["BAD_REQUEST", "FORBIDDEN", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"])(
    "surfaces %s for every call",
    async (code) => {
      const fetch = async () =>
        refusalResponse({ code, message: "Do otherwise.", reason: "ORIGIN_NOT_ALLOWED" }, config);
      const client = createTRPCClient<Router>({ links: [link(fetch)] });
      const calls = [client.list.query(), client.list.query({}), client.create.mutate({})];
      for (const settled of await Promise.allSettled(calls)) {
        const { reason } = settled as PromiseRejectedResult;
        expect(reason).toBeInstanceOf(TRPCClientError);
        expect(reason).toMatchObject({ message: "Do otherwise.", data: { code }, shape: { data: { code } } });
      }
    },
  );

  test("sends what the gate accepts", async () => {
    const inputs: unknown[] = [];
    const fetch: Fetch = async (url, init) => {
      const { calls } = await expectCalls(new Request(url as string, init as RequestInit));
      inputs.push(
        ...calls.map(({ path, input }) => [
          path,
          input === undefined ? undefined : superjson.deserialize(input as never),
        ]),
      );
      return refusalResponse({ code: "FORBIDDEN", message: "Seen.", reason: "ORIGIN_NOT_ALLOWED" }, config);
    };
    const client = createTRPCClient<Router>({ links: [link(fetch)] });
    const at = new Date(0);
    await Promise.allSettled([
      client.list.query(),
      client.list.query({ at, text: "a+b &%ä" }),
      client.create.mutate({ at }),
      client.create.mutate(),
    ]);
    expect(inputs).toEqual(
      expect.arrayContaining([
        ["list", undefined],
        ["list", { at, text: "a+b &%ä" }],
        ["create", { at }],
        ["create", undefined],
      ]),
    );
    expect(inputs).toHaveLength(4);
  });
});

test("repeats neither a call in its rejection nor a rejection in the next call", async () => {
  const refusal = await refusalOf(post("/trpc/q", '{"password":"sesame'));
  expect(await refusalResponse(refusal, config).text()).not.toContain("sesame");
  await expectCalls(query("/trpc/q", { json: null, meta: { values: ["undefined"], v: 1 } }));
});
