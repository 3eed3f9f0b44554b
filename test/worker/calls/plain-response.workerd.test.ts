import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { observable } from "@trpc/server/observable";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import superjson from "superjson";
import { initUserDO } from "trpc-userdo/router";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { adapterResponse } from "../../../src/worker/calls/adapter-response.js";
import { plainResponse } from "../../../src/worker/calls/plain-response.js";
import { createRequestHandler } from "../../../src/worker/create-handler.js";
import { ReasonedError } from "../../../src/router/reasoned-error.js";
import { freshEmail, openBrowser, origin, password, signUp, type Browser } from "../../fixtures/browser.js";
import { failuresRouter } from "../../fixtures/app/failures.js";
import { additions, expectedErrors, sendable, unexpectedErrors, unsendable } from "../../fixtures/app/odd-results.js";
import { appRouter } from "../../fixtures/app/router.js";
import { stockRouter } from "../../fixtures/app/stock.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const t = initUserDO({
  errorFormatter: ({ shape, path, type, input, ctx }) => ({
    ...shape,
    data: { ...shape.data, seen: { path, type, input, context: Object.keys(ctx ?? {}).toSorted() } },
  }),
});
const codes = Object.keys(TRPC_ERROR_CODES_BY_KEY) as TRPCError["code"][];
const named = z.string();

/** Procedures in the Worker, whose errors the app formats with all that it is given. */
const ownRouter = t.router({
  ...t.builtin,
  ok: t.procedure.query(() => "ok"),
  refuse: t.procedure.input(named).query(({ input }) => {
    throw new TRPCError({ code: input as TRPCError["code"], message: `It is ${input}.` });
  }),
  wait: t.procedure.input(z.number()).query(({ input }) => {
    throw new ReasonedError({ code: "TOO_MANY_REQUESTS", message: "Later.", retryAfter: input });
  }),
  observed: t.procedure.query(() => observable(() => {})),
  subscribe: t.procedure.subscription(async function* () {
    yield await Promise.resolve(1);
  }),
  write: t.procedure.input(z.unknown()).mutation(({ input }) => input),
});

const context = { binding: "INPUTS_DO", onError() {} };
const mounts = {
  "/trpc": { router: appRouter, options: { binding: "BLOG_DO", allowedOrigins: ["https://app.example.com"] } },
  "/stock": { router: stockRouter, options: { binding: "STOCK_DO", path: "/stock" } },
  "/failures": { router: failuresRouter, options: { ...context, path: "/failures" } },
  "/own": { router: ownRouter, options: { ...context, path: "/own" } },
};

/**
 * Sends a request to the Worker whose responses are its own, and to one whose responses are those of tRPC's adapter.
 *
 * @param changing what each response has of its own
 */
async function sendBoth(path: string, init: RequestInit, changing?: RegExp) {
  const mount = Object.entries(mounts).find(([prefix]) => path.startsWith(`${prefix}/`))?.[1];
  if (!mount) throw new Error(`No app is mounted at ${path}.`);
  const answers = [];
  for (const respond of [adapterResponse, plainResponse]) {
    const handler = createRequestHandler(mount.router, mount.options, respond);
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const response = await handler(new Request(origin + path, init), env, createExecutionContext());
    log.mockRestore();
    answers.push(await readAnswer(response as Response, changing));
  }
  const [expected, actual] = answers;
  expect(actual).toEqual(expected);
  return expected as Awaited<ReturnType<typeof readAnswer>>;
}

/** All of a response. Ids of requests and tokens are random. */
async function readAnswer(response: Response, changing: RegExp = /^$/g) {
  const withoutIds = (text: string) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, "id")
      .replaceAll(/(-access|-refresh|-device|session-[^=]+)=[^;]*/g, "cookie");
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers].map(([name, value]) => `${name}: ${withoutIds(value)}`),
    body: withoutIds(await response.text()).replaceAll(changing, "…"),
  };
}

function headersOf({ cookies }: Pick<Browser, "cookies">): Record<string, string> {
  const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
  return { origin, "sec-fetch-site": "same-origin", ...(cookie && { cookie }) };
}

const anonymous = headersOf(openBrowser());
const get = (path: string, input: unknown) =>
  `${path}?input=${encodeURIComponent(JSON.stringify(superjson.serialize(input)))}`;
const batch = (paths: string, ...inputs: unknown[]) =>
  `${paths}?batch=1&input=${encodeURIComponent(
    JSON.stringify(
      Object.assign(
        {},
        inputs.map((input) => superjson.serialize(input)),
      ),
    ),
  )}`;
const post = (body: string, headers = anonymous): RequestInit => ({
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body,
});

describe("the response to calls equals the one of tRPC's adapter", () => {
  it.each(codes)("for the code %s", async (code) => {
    const { status } = await sendBoth(get("/own/refuse", code), { headers: anonymous });
    expect(status).toBeGreaterThanOrEqual(400);
    await sendBoth(batch("/own/refuse,ok,refuse", code, undefined, "CONFLICT"), { headers: anonymous });
  });

  it.each([
    ["a procedure in the Worker", "/own/ok"],
    ["one that waits", get("/own/wait", 7)],
    ["several that wait", batch("/own/wait,ok,wait", 7, undefined, 12)],
    ["an observable", "/own/observed"],
    ["observables in a batch", "/own/observed,observed?batch=1"],
    ["an input that does not match", get("/own/refuse", 5)],
    ["an input that is not superjson's", "/own/refuse?input=5"],
    ["an input that is not JSON", "/own/refuse?input=%7B"],
    ["an unknown path", "/own/nothing"],
    ["an unknown path in a batch", "/own/nothing,ok?batch=1"],
    ["a mutation by GET", "/own/write"],
    ["a mutation by GET in a batch", "/own/write,write?batch=1"],
    ["queries and mutations", "/own/write,ok?batch=1"],
    ["a subscription in a batch", "/own/subscribe?batch=1"],
    ["subscriptions and queries", "/own/subscribe,ok?batch=1"],
    ["an empty batch", "/own/?batch=1"],
    ["a batch of empty paths", "/own/,?batch=1"],
    ["one path twice", "/own/ok,ok?batch=1"],
    ["an escaped comma", "/own/ok%2Cok?batch=1"],
    ["many calls", `/own/${Array.from({ length: 20 }, () => "ok").join(",")}?batch=1`],
    ["a call that needs a session", "/own/auth.me"],
    ["calls that need a session, beside one that does not", "/own/auth.me,ok,sessions.list?batch=1"],
    ["a router that cannot be loaded", "/trpc/broken.query,ping?batch=1"],
    ["a router that cannot be loaded, alone", "/trpc/broken.query"],
    ["a value that cannot be serialized", "/failures/value"],
    ["a value that cannot be serialized, beside others", "/failures/value,ok?batch=1"],
    ["a generator", "/failures/generator"],
    ["a generator in a batch", "/failures/generator,ok?batch=1"],
    ["a nested promise that rejects", "/failures/nested,ok?batch=1"],
    ["nested values that cannot be serialized", "/failures/nestedValue,nestedGeneratorValue,returnedValue?batch=1"],
    ["a readable stream", "/failures/readable"],
  ])("for %s", async (_name, path) => {
    await sendBoth(path, { headers: anonymous });
    await sendBoth(path, { headers: { ...anonymous, origin: "https://app.example.com" } });
    await sendBoth(path, { headers: { authorization: "Bearer forged" } });
    await sendBoth(path, { method: "HEAD", headers: anonymous });
    await sendBoth(path, post("{}"));
  });

  it.each([
    ["plain JSON", '{"json":1}'],
    ["nothing", ""],
    ["null", "null"],
    ["undefined", '{"json":null,"meta":{"values":["undefined"]}}'],
    ["a Map in a Set", JSON.stringify(superjson.serialize(new Set([new Map([[1n, new Date(5)]])])))],
    ["shared references", JSON.stringify(superjson.serialize([[1], [1]].map((_item, _at, [one]) => one)))],
    ["depth", `{"json":${"[".repeat(200)}${"]".repeat(200)}}`],
    ["1e999", '{"json":1e999}'],
    ["a lone surrogate", '{"json":"\\ud800"}'],
    ["truncated", '{"json":{"a":'],
    ["a key twice", '{"json":{"a":1,"a":2}}'],
    ["a forbidden key", '{"json":{"__proto__":1}}'],
    ["a regular expression", '{"json":"/(a+)+$/","meta":{"values":["regexp"]}}'],
    ["an invalid date", '{"json":"never","meta":{"values":["Date"]}}'],
  ])("for a mutation with %s", async (_name, body) => {
    await sendBoth("/own/write", post(body));
    await sendBoth("/own/write,write?batch=1", post(`{"0":${body || "null"},"1":{"json":1}}`));
    await sendBoth("/trpc/odd.store", post(body, { ...anonymous, origin: "https://app.example.com" }));
  });

  it("for procedures in an object", async () => {
    const { browser, client } = await signUp();
    const { id } = await client.posts.create.mutate({ title: "One", body: "…" });
    await client.notes.create.mutate({ text: "a", due: new Date(5) });
    const headers = headersOf(browser);
    for (const path of [
      "/trpc/posts.list",
      "/trpc/notes.list",
      get("/trpc/posts.byId", { id }),
      get("/trpc/posts.byId", { id: "nothing" }),
      get("/trpc/posts.byId", {}),
      batch("/trpc/posts.byId,posts.byId,notes.list,ping,nothing", { id }, { id: "nothing" }),
      "/trpc/odd.uncloneable,odd.unsendable,odd.throwsError,odd.throwsString?batch=1",
      "/trpc/odd.uncloneable",
      "/trpc/odd.unsendable",
      "/trpc/odd.throwsError",
      get("/trpc/odd.countdown", 3),
      batch("/trpc/odd.countdown,ping", 3),
      get("/trpc/projects.list", { organizationId: "made-up" }),
      "/trpc/projects.list",
      batch("/trpc/projects.list,posts.list", { organizationId: "made-up" }),
      "/trpc/auth.me",
    ])
      await sendBoth(path, { headers });
    const { body } = await sendBoth("/trpc/posts.delete", post('{"json":{"id":"nothing"}}', headers));
    expect(body).toBe('{"result":{"data":{"json":false}}}');
    await sendBoth("/trpc/posts.createThenFail,posts.createUnfit?batch=1", post("{}", headers));
    await sendBoth("/trpc/auth.me", { headers: { ...headers, "userdo-user": "another" } });
  });

  it("for odd errors and values, in an object and in the Worker", async () => {
    const { browser } = await signUpToStock();
    const headers = headersOf(browser);
    const kinds = {
      expected: expectedErrors,
      unexpected: unexpectedErrors,
      unsendable,
      sendable,
      formatted: additions,
    };
    for (const place of ["object", "worker"])
      for (const [kind, each] of Object.entries(kinds))
        for (const name of Object.keys(each)) {
          await sendBoth(get(`/stock/odd.${place}.${kind}`, name), { headers });
          await sendBoth(batch(`/stock/odd.worker.ok,odd.${place}.${kind}`, undefined, name), { headers });
        }
    for (const path of ["nested.object", "nested.worker", "keys.object", "nested.iterable", "wrapped.query"])
      await sendBoth(get(`/stock/${path}`, "a.b"), { headers });
  });

  it("for cookies that a call sets, clears and replaces", async () => {
    const email = freshEmail();
    const credentials = (address: string) => JSON.stringify({ json: { email: address, password } });
    await signUp(email);
    const session = /[0-9a-f]{32}|[0-9-]{10}T[0-9:.]{12}Z/g;
    const signedIn = await sendBoth("/trpc/auth.login", post(credentials(email)), session);
    expect(signedIn.headers.join("\n")).toContain("set-cookie");
    await sendBoth(
      "/trpc/auth.login,auth.login?batch=1",
      post(`{"0":${credentials(email)},"1":${credentials("x@y.example")}}`),
      session,
    );
    await sendBoth("/trpc/auth.login", post(credentials(freshEmail())));
    await sendBoth("/trpc/auth.login", post(credentials("not an address")));
    const stale = { ...anonymous, cookie: "__Host-userdo-access=a; __Host-userdo-refresh=b" };
    await sendBoth("/trpc/posts.list", { headers: stale });
    await sendBoth("/trpc/auth.refresh", post("{}", stale));
    await sendBoth("/trpc/auth.refresh", post('{"json":{"refreshToken":"forged"}}'));
    const { browser, client } = await signUp();
    const headers = headersOf(browser);
    const [, access = ""] = /-access=([^;]*)/.exec(headers["cookie"] ?? "") ?? [];
    await sendBoth("/trpc/auth.me", { headers: { authorization: `Bearer ${access}` } });
    await client.auth.logout.mutate();
    await sendBoth("/trpc/auth.me", { headers });
    await sendBoth("/trpc/auth.me", { headers: { authorization: `Bearer ${access}` } });
  });
});
