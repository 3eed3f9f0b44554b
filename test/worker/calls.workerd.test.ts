import { describe, expect, it, vi } from "vitest";
import { codeOf } from "../fixtures/error-code.js";
import { openBrowser, origin, send, signUp } from "../fixtures/browser.js";
import { openSocket } from "../fixtures/socket.js";

const post = { title: "One", body: "…" };
const json = { "content-type": "application/json" };

describe("procedures in the user's own object", () => {
  it("never read, change or delete another user's row", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const { id } = await ada.client.posts.create.mutate(post);
    expect(await bob.client.posts.list.query()).toEqual([]);
    expect(await codeOf(bob.client.posts.byId.query({ id }))).toBe("NOT_FOUND");
    expect(await codeOf(bob.client.posts.update.mutate({ id, title: "Mine" }))).toBe("NOT_FOUND");
    expect(await bob.client.posts.delete.mutate({ id })).toBe(false);
    expect((await ada.client.posts.byId.query({ id })).title).toBe("One");
  });

  it("keep the types of values: Date, boolean, undefined", async () => {
    const { client } = await signUp();
    const due = new Date("2027-01-01T00:00:00.123Z");
    const [dated, undated] = [
      await client.notes.create.mutate({ text: "a", due }),
      await client.notes.create.mutate({ text: "b" }),
    ];
    expect(dated.due).toEqual(due);
    expect(undated.due).toBeUndefined();
    expect((await client.posts.create.mutate(post)).done).toBe(false);
  });

  it("reject bad input with BAD_REQUEST and store nothing", async () => {
    const { client } = await signUp();
    expect(await codeOf(client.posts.create.mutate({ title: "", body: "" }))).toBe("BAD_REQUEST");
    expect(await client.posts.list.query()).toEqual([]);
  });

  it("roll back a synchronous mutation that fails, and an asynchronous one in ctx.transaction", async () => {
    const { client } = await signUp();
    expect(await codeOf(client.posts.createThenFail.mutate(post))).toBe("CONFLICT");
    expect(await codeOf(client.posts.createBoth.mutate({ title: "x", fail: true }))).toBe("CONFLICT");
    expect([await client.posts.list.query(), await client.notes.list.query()]).toEqual([[], []]);
    await client.posts.createBoth.mutate({ title: "x", fail: false });
    expect([await client.posts.list.query(), await client.notes.list.query()]).toMatchObject([[{}], [{}]]);
  });

  it("undo a mutation whose result does not match its output schema", async () => {
    const { client } = await signUp();
    expect(await codeOf(client.posts.createUnfit.mutate(post))).toBe("INTERNAL_SERVER_ERROR");
    expect(await client.posts.list.query()).toEqual([]);
  });

  it.each(["http", "batch", "stream"] as const)(
    "fail only the call with a value that cannot be sent, over %s",
    async (link) => {
      const { browser } = await signUp();
      const client = browser.client(link);
      const [unsendable, list] = await Promise.all([codeOf(client.odd.unsendable.query()), client.posts.list.query()]);
      expect([unsendable, list]).toEqual(["INTERNAL_SERVER_ERROR", []]);
    },
  );

  it.each(["http", "batch", "stream"] as const)("work with a stock client over %s", async (link) => {
    const { browser } = await signUp();
    const client = browser.client(link);
    const created = await client.posts.create.mutate(post);
    const [list, me, wrong] = await Promise.all([
      client.posts.list.query(),
      client.auth.me.query(),
      codeOf(client.posts.byId.query({ id: "x" })),
    ]);
    expect(list).toEqual([created]);
    expect(me.user.id).toMatch(/^[0-9a-f]{32}$/);
    expect(wrong).toBe("NOT_FOUND");
  });

  it.each(["http", "batch", "stream"] as const)(
    "over %s return a mutation's result while a subscription is open",
    async (link) => {
      const { browser } = await signUp();
      const { socket } = await openSocket(browser);
      const client = browser.client(link);
      const [one, two] = await Promise.all([
        client.posts.create.mutate({ ...post, title: "One" }),
        client.posts.create.mutate({ ...post, title: "Two" }),
      ]);
      expect([one.title, two.title]).toEqual(["One", "Two"]);
      expect(one.createdAt).toEqual(expect.any(Date));
      expect(await client.posts.delete.mutate({ id: one.id })).toBe(true);
      expect(await client.posts.list.query()).toEqual([two]);
      socket.close();
    },
  );

  it("return values that cannot be cloned", async () => {
    const { client } = await signUp();
    const { url, at, price, pricesOf } = await client.odd.uncloneable.query();
    expect([url.href, at]).toEqual(["https://example.com/a", new Date(0)]);
    // Values as in JSON: an instance becomes its fields, and a function disappears.
    expect([price, pricesOf]).toEqual([{ cents: 500 }, [null]]);
  });

  it("do not include t.procedure, which runs without an object and has the caller", async () => {
    const { client } = await signUp();
    expect(await client.ping.query()).toEqual({ pong: true, callerType: "user" });
    expect(await openBrowser().client().ping.query()).toEqual({ pong: true, callerType: "anonymous" });
  });

  it("answer FORBIDDEN for an organization that does not exist, and UNAUTHORIZED without a session", async () => {
    const { client } = await signUp();
    expect(await codeOf(client.projects.list.query({ organizationId: "made-up" }))).toBe("FORBIDDEN");
    expect(await codeOf(openBrowser().client().projects.list.query({ organizationId: "made-up" }))).toBe(
      "UNAUTHORIZED",
    );
  });
});

describe("errors", () => {
  it.each(["throwsError", "throwsString"] as const)(
    "of %s are masked, with a request id, and passed completely to onError",
    async (name) => {
      const { browser } = await signUp();
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      const response = await browser.fetch(`/trpc/odd.${name}`);
      const text = await response.text();
      const logged = log.mock.calls.flat();
      log.mockRestore();
      expect(response.status).toBe(500);
      expect(text).not.toMatch(/hunter2|secret|SQLITE|stack/);
      const { error } = JSON.parse(text) as { error: { json: { data: { requestId: string } } } };
      expect(logged.join(" ")).toContain(error.json.data.requestId);
      expect(logged.map(String).join(" ")).toContain("hunter2");
    },
  );

  it("of a router that cannot be loaded are masked, and other calls of the batch are answered", async () => {
    const { browser } = await signUp();
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const response = await browser.fetch("/trpc/broken.query,ping?batch=1");
    log.mockRestore();
    expect(response.status).toBe(207);
    const [broken, ping] = JSON.parse(await response.text()) as [unknown, unknown];
    expect(broken).toMatchObject({ error: { json: { data: { code: "INTERNAL_SERVER_ERROR" } } } });
    expect(JSON.stringify(broken)).not.toContain("hunter2");
    expect(ping).toMatchObject({ result: { data: { json: { pong: true } } } });
  });

  it("in the Worker are masked", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const text = await (await send("/trpc/odd.throwsWithCause")).text();
    log.mockRestore();
    expect(text).toContain("INTERNAL_SERVER_ERROR");
    expect(text).not.toContain("hunter2");
  });

  it.each([
    ["forged", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ2aWN0aW0ifQ."],
    ["malformed", "x".repeat(500)],
    [
      "wrongly signed",
      "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ2aWN0aW0ifQ.4Q6cZ1mSH8bOQ5d2o2yQHcM2Rk6x7Yw1hY0m1d0yq3A",
    ],
  ])("for a %s cookie are UNAUTHORIZED", async (_name, token) => {
    const browser = openBrowser();
    browser.cookies.set("__Host-userdo-access", token);
    browser.cookies.set("__Host-userdo-refresh", token);
    expect(await codeOf(browser.client().posts.list.query())).toBe("UNAUTHORIZED");
  });
});

describe("the gate in front of the app", () => {
  const mutation = (headers: HeadersInit, body: BodyInit = '{"json":1}') =>
    send("/trpc/odd.store", { method: "POST", headers, body });

  it.each([
    ["text/plain", { "content-type": "text/plain" }, 415],
    ["multipart", { "content-type": "multipart/form-data; boundary=x" }, 415],
    ["binary data", { "content-type": "application/octet-stream" }, 415],
    ["jsonp", { "content-type": "application/jsonp" }, 415],
    ["gzip", { ...json, "content-encoding": "gzip" }, 415],
    ["another origin", { ...json, origin: "https://evil.example" }, 403],
    ["a null origin", { ...json, origin: "null" }, 403],
    ["a cookie without an origin", { ...json, cookie: "a=b" }, 403],
    ["plain JSON", json, 200],
  ])("answers a mutation with %s", async (_name, headers, status) => {
    expect((await mutation(headers)).status).toBe(status);
  });

  it.each([
    ["5 MB", `{"json":"${"x".repeat(5_000_000)}"}`, 413],
    ["depth 100,000", `{"json":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400],
    ["1e999", '{"json":1e999}', 400],
    ["a lone surrogate", '{"json":"\\ud800"}', 400],
    ["truncated", '{"json":{"a":', 400],
    ["a typed array of a billion", '{"json":1000000000,"meta":{"values":[["typed-array","Float64Array"]]}}', 400],
    ["a regular expression", '{"json":"/(a+)+$/","meta":{"values":["regexp"]}}', 400],
    ["300,000 digits", `{"json":"${"9".repeat(300_000)}","meta":{"values":["bigint"]}}`, 400],
    ["an invalid date", '{"json":"never","meta":{"values":["Date"]}}', 400],
  ])("answers a body with %s", async (_name, body, status) => {
    const response = await mutation(json, body);
    expect(response.status).toBe(status);
    expect((await response.text()).length).toBeLessThan(2_000);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("does not run a mutation by %s", async (method) => {
    const response = await send("/trpc/odd.store?input=%7B%22json%22%3A1%7D", { method });
    expect(response.status).toBe(405);
  });

  it("does not run a subscription by POST, and rejects it like tRPC: as the first event of a stream", async () => {
    const { browser } = await signUp();
    const response = await browser.fetch("/trpc/posts.changes", { method: "POST", headers: json, body: "{}" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(await response.text()).toMatch(/event: serialized-error\ndata: .*"METHOD_NOT_SUPPORTED"/);
  });

  it("rejects queries and mutations in one batch before any has run", async () => {
    const { browser, client } = await signUp();
    const response = await browser.fetch("/trpc/posts.create,posts.list?batch=1", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ 0: { json: post } }),
    });
    expect(response.status).toBe(400);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toMatchObject({ error: { json: { data: { code: "BAD_REQUEST" } } } });
    expect(await client.posts.list.query()).toEqual([]);
  });

  it.each(["constructor", "__proto__", "_def", "createCaller", "posts", "posts.__proto__", "toString"])(
    "answers 404 for the path %s",
    async (path) => {
      expect((await send(`/trpc/${path}`)).status).toBe(404);
    },
  );

  it("leaves a path that only starts alike to the app", async () => {
    for (const path of ["/trpcq/ping", "/TRPC/ping", "//trpc/ping", "/abcd/ping"]) {
      const response = await send(path);
      expect([response.status, await response.text()]).toEqual([404, "The app's own route."]);
    }
  });

  it("lets an allowed origin call with cookies and read the answer", async () => {
    const response = await send("/trpc/ping", {
      headers: { origin: "https://app.example.com", "sec-fetch-site": "same-site" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect((await send("/trpc/ping", { headers: { origin } })).headers.get("access-control-allow-origin")).toBeNull();
  });
});
