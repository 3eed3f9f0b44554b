import { describe, expect, test } from "vitest";
import { limits } from "../../../src/shared/limits.js";
import { expectCalls, expectRejected, pass, post, refusalOf, request } from "./expect-gate.js";

const inputOf = async (sent: Request) => (await expectCalls(sent)).calls[0]?.input;
const bytes = (...values: number[]) => new Uint8Array(values);
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("methods", () => {
  test("include GET, which is passed on so that the router can reject mutations", async () => {
    expect(await expectCalls(request("/trpc/q"))).toMatchObject({ method: "GET", isBatch: false });
    expect(await expectCalls(post("/trpc/q"))).toMatchObject({ method: "POST", isBatch: false });
  });

  test("include HEAD, which runs nothing", async () => {
    const result = await pass(request("/trpc/q", { method: "HEAD" }));
    expect(result).toMatchObject({ kind: "answered", response: { status: 204 } });
  });

  test.each(["PUT", "PATCH", "DELETE", "FOO"])("do not include %s", async (method) => {
    await expectRejected(request("/trpc/q", { method }), "METHOD_NOT_SUPPORTED");
    expect((await refusalOf(request("/trpc/q", { method }))).headers).toEqual({ Allow: "GET, POST, OPTIONS" });
  });
});

describe("the content type", () => {
  test.each([
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "application/json-patch",
    "application/json-patch+json",
    "application/json, text/plain",
    "text/plain, application/json",
    "application/json,",
    "application/json, application/json; charset=utf-16",
    "application/json; charset=utf-16",
    "",
  ])("may not be %j", (type) =>
    expectRejected(post("/trpc/q", "{}", { "content-type": type }), "UNSUPPORTED_MEDIA_TYPE"),
  );

  test("is required for a body, and a POST requires a body", async () => {
    await expectRejected(request("/trpc/q", { method: "POST", body: bytes(123, 125) }), "UNSUPPORTED_MEDIA_TYPE");
    await expectRejected(request("/trpc/q", { method: "POST" }), "UNSUPPORTED_MEDIA_TYPE");
  });

  test.each([
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    'application/json ; charset="UTF-8"',
    "application/json, application/json",
    "application/json,Application/JSON; charset=utf-8",
  ])("may be %s", async (type) => {
    await expectCalls(post("/trpc/q", "{}", { "content-type": type }));
  });

  test.each(["gzip", "br", "deflate", "identity, gzip", ""])("may not come with Content-Encoding %j", (encoding) =>
    expectRejected(post("/trpc/q", "{}", { "content-encoding": encoding }), "UNSUPPORTED_MEDIA_TYPE"),
  );

  test("may come with Content-Encoding identity", async () => {
    await expectCalls(post("/trpc/q", "{}", { "content-encoding": "identity" }));
  });
});

describe("the size of a body", () => {
  const megabyte = (more: number) => `"${"a".repeat(limits.bodyBytes - 2 + more)}"`;

  test("may be 1 MiB", async () => {
    expect(await inputOf(post("/trpc/q", megabyte(0)))).toHaveLength(limits.bodyBytes - 2);
  });

  test("may not be one byte more", () => expectRejected(post("/trpc/q", megabyte(1)), "PAYLOAD_TOO_LARGE", "aaa"));

  test("is counted in bytes, not in characters", () =>
    expectRejected(post("/trpc/q", `"${"é".repeat(limits.bodyBytes / 2)}"`), "PAYLOAD_TOO_LARGE"));

  test("is rejected early for a Content-Length above the limit", () =>
    expectRejected(post("/trpc/q", "{}", { "content-length": "5000000" }), "PAYLOAD_TOO_LARGE"));

  test.each(["2", "-1", "x"])("is counted despite a Content-Length of %s", (length) =>
    expectRejected(post("/trpc/q", megabyte(1), { "content-length": length }), "PAYLOAD_TOO_LARGE"),
  );

  test("cancels an endless stream soon after the limit", async () => {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
      cancel() {
        cancelled = true;
      },
    });
    await expectRejected(post("/trpc/q", endless), "PAYLOAD_TOO_LARGE");
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(limits.bodyBytes * 1.5);
  });

  test("answers BAD_REQUEST for a body that breaks off", async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error("connection lost")),
    });
    await expectRejected(post("/trpc/q", broken), "BAD_REQUEST", "connection lost");
  });
});

describe("the text of a body", () => {
  test.each([
    ["a lone continuation byte", bytes(34, 0x80, 34)],
    ["an overlong slash", bytes(34, 0xc0, 0xaf, 34)],
    ["a surrogate in UTF-8", bytes(34, 0xed, 0xa0, 0x80, 34)],
    ["a character cut short", bytes(34, 0xe2, 0x82)],
  ])("is rejected with %s", (_, body) => expectRejected(post("/trpc/q", body), "BAD_REQUEST"));

  test("may have a character split between two chunks", async () => {
    const chunks = [bytes(34, 0xe2), bytes(0x82, 0xac, 34)];
    const stream = new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    });
    expect(await inputOf(post("/trpc/q", stream))).toBe("€");
  });

  test("may start with one byte order mark, and not with two", async () => {
    expect(await inputOf(post("/trpc/q", bytes(0xef, 0xbb, 0xbf, 0x31)))).toBe(1);
    await expectRejected(post("/trpc/q", bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x31)), "BAD_REQUEST");
  });

  test("may be empty, which is an undefined input", async () => {
    expect(await inputOf(post("/trpc/q", ""))).toBeUndefined();
    expect(await inputOf(post("/trpc/q"))).toBeUndefined();
  });

  test("uses the last of two equal keys", async () => {
    expect(await inputOf(post("/trpc/q", '{"a":1,"a":2}'))).toEqual({ a: 2 });
    expect(await inputOf(post("/trpc/authors.list", '{"a":1,"a":2}'))).toEqual({ a: 2 });
  });

  test.each([
    '{"json":{"password":"one","password":"sesame"}}',
    '{"json":{"email":"a"},"json":{"email":"sesame"}}',
    '{"json":{"pass\\u0077ord":"one","password":"sesame"}}',
    '{"json":[{"a":1,"b":{"a":"sesame","a":"sesame"}}]}',
    '{"__proto__":1,"__proto__":"sesame"}',
  ])("is rejected with %s, where it decides who the caller is", async (body) => {
    await expectRejected(post("/trpc/auth.login", body), "BAD_REQUEST", "sesame");
    await expectRejected(post("/trpc/account.delete", body), "BAD_REQUEST", "sesame");
    await expectRejected(post("/trpc/posts.create,auth.login?batch=1", `{"0":${body}}`), "BAD_REQUEST", "sesame");
  });

  test.each([
    '{"json":{"email":"a:b","password":"\\":\\"c\\":"},"meta":{"values":{"x":["Date"]}}}',
    "[]",
    "null",
    '"a:b"',
    "5",
  ])("has no duplicate key as %s", async (body) =>
    expect(await inputOf(post("/trpc/auth.login", body))).toEqual(JSON.parse(body)),
  );

  test.each(['{"password":"sesame"', '"sesame', "{sesame}", "NaN", " ", "1 2", '{"sesame":1}}'])(
    "is not repeated when %s is rejected",
    (body) => expectRejected(post("/trpc/q", body), "BAD_REQUEST", "sesame"),
  );
});

describe("depth and size of JSON", () => {
  test.each([200, 100_000, 500_000])(
    "are checked before parsing: %d nested arrays are rejected at once",
    async (depth) => {
      await expectRejected(post("/trpc/q", nested(depth)), "BAD_REQUEST");
      await expectRejected(post("/trpc/q", '{"a":'.repeat(Math.min(depth, 150_000))), "BAD_REQUEST");
    },
  );

  test("are not deep for many arrays side by side", async () => {
    await expectCalls(post("/trpc/q", `[${Array.from({ length: 1000 }, () => nested(10)).join()}]`));
  });

  test("ignore brackets and quotes inside strings", async () => {
    for (const text of ["[".repeat(1000), '\\"['.repeat(500), "\\", '\\\\"', '"[{"']) {
      expect(await inputOf(post("/trpc/q", JSON.stringify([text])))).toEqual([text]);
    }
  });

  test("are limited to the allowed number of values", async () => {
    await expectRejected(post("/trpc/q", `[${"0,".repeat(limits.jsonNodes)}0]`), "BAD_REQUEST");
    await expectCalls(post("/trpc/q", `[${"0,".repeat(limits.jsonNodes - 10)}0]`));
  });

  test("are limited in a URL's input too", () =>
    expectRejected(request(`/trpc/q?input=${nested(200)}`), "BAD_REQUEST"));
});
