import { describe, expect, test } from "vitest";
import { expectCalls, expectIgnored, expectRejected, query, request } from "./expect-gate.js";

const pathsOf = async (path: string) => (await expectCalls(request(path))).calls.map((call) => call.path);

describe("the path prefix", () => {
  test.each([
    "/",
    "/abcd/q",
    "/trpcq",
    "/TRPC/q",
    "//trpc/q",
    "/%74rpc/q",
    "/api/trpc/q",
    "/trpc/../q",
    "/trpc/%2e%2e/q",
  ])("does not match %s", (path) => expectIgnored(request(path)));

  test.each(["/trpc", "/trpc/", "/trpc//q", "/trpc/q/", "/trpc/q/r", "/trpc/q,r", "/trpc/./q/"])(
    "matches %s, which is not a procedure",
    (path) => expectRejected(request(path), "NOT_FOUND"),
  );
});

describe("a procedure path", () => {
  test.each([
    "q.",
    ".q",
    "q..q",
    "q%00",
    "%2e%2e%2fq",
    "auth%2elogin",
    "%71",
    "q%ff",
    "q%",
    "q%20r",
    "q;x",
    "a:b",
    "<script>",
    "__proto__",
    "constructor",
    "nested.__proto__",
    "prototype.q",
  ])("is rejected as %s", (path) => expectRejected(request(`/trpc/${path}`), "NOT_FOUND", path));

  test.each(["q", "posts.list", "a.b.c.d", "_live", "get-user", "$x", "v2.list", "toString", "createCaller"])(
    "is passed to the router as %s",
    async (path) => expect(await pathsOf(`/trpc/${path}`)).toEqual([path]),
  );

  test("is decoded if it is not ASCII", async () => {
    expect(await pathsOf("/trpc/größe.日本")).toEqual(["größe.日本"]);
  });
});

describe("long paths and URLs", () => {
  test.each([
    ["257 characters in one name", "a".repeat(257)],
    ["10 KB", "b".repeat(10_000)],
  ])("a path of %s is not found", (_, path) =>
    expectRejected(request(`/trpc/${path}`), "NOT_FOUND", path.slice(0, 50)),
  );

  test("a path of 256 characters is accepted", async () => {
    expect(await pathsOf(`/trpc/${"a".repeat(256)}`)).toHaveLength(1);
  });

  test("a path of 100 KB is too large", async () => {
    await expectRejected(request(`/trpc/${"c".repeat(100_000)}`), "PAYLOAD_TOO_LARGE", "ccc");
  });

  test("an input of 100 KB in the URL is too large", async () => {
    await expectRejected(query("/trpc/q", { json: "d".repeat(100_000) }), "PAYLOAD_TOO_LARGE", "ddd");
  });
});

describe("a query string", () => {
  test.each([
    ["two inputs", "?input=1&input=2"],
    ["an escaped name", "?input=1&%69nput=2"],
    ["two batch flags", "?batch=1&batch=0"],
    ["bytes that are not UTF-8", "?input=%22%ff%22"],
    ["half an escape", "?input=%2"],
  ])("is rejected with %s", (_, search) => expectRejected(request(`/trpc/q${search}`), "BAD_REQUEST"));

  test("may have other parameters, even twice", async () => {
    const { calls } = await expectCalls(
      request("/trpc/q?utm=1&utm=%ff&%ff=1&%=2&%E0%A4=3&=4&&input=%7B%22json%22%3A1%7D"),
    );
    expect(calls).toEqual([{ path: "q", input: { json: 1 } }]);
  });

  test("is decoded like the output of URLSearchParams", async () => {
    const search = new URLSearchParams({ input: JSON.stringify({ json: "a b+c&ä" }) });
    const { calls } = await expectCalls(request(`/trpc/q?${search.toString()}`));
    expect(calls[0]?.input).toEqual({ json: "a b+c&ä" });
  });

  test("may not have connectionParams for a call", async () => {
    await expectRejected(request("/trpc/q?connectionParams=%7B%22token%22%3A%22sesame%22%7D"), "BAD_REQUEST", "sesame");
    await expectRejected(request("/trpc/q?connectionParams=1"), "BAD_REQUEST");
  });
});
