import { describe, expect, test } from "vitest";
import { limits } from "../../../src/shared/limits.js";
import { expectCalls, expectRefused, pass, post, refusalOf, request } from "./expect-gate.js";

const inputOf = async (sent: Request) => (await expectCalls(sent)).calls[0]?.input;
const bytes = (...values: number[]) => new Uint8Array(values);
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("methods", () => {
  test("a GET is handed on as one, so that the router can refuse mutations by it", async () => {
    expect(await expectCalls(request("/trpc/q"))).toMatchObject({ method: "GET", isBatch: false });
    expect(await expectCalls(post("/trpc/q"))).toMatchObject({ method: "POST", isBatch: false });
  });

  test("HEAD is answered and runs nothing", async () => {
    const result = await pass(request("/trpc/q", { method: "HEAD" }));
    expect(result).toMatchObject({ kind: "answered", response: { status: 204 } });
  });

  test.each(["PUT", "PATCH", "DELETE", "FOO"])("%s is not supported", async (method) => {
    await expectRefused(request("/trpc/q", { method }), "METHOD_NOT_SUPPORTED");
    expect((await refusalOf(request("/trpc/q", { method }))).headers).toEqual({ Allow: "GET, POST, OPTIONS" });
  });
});

describe("only JSON that says so", () => {
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
  ])("%j is refused", (type) =>
    expectRefused(post("/trpc/q", "{}", { "content-type": type }), "UNSUPPORTED_MEDIA_TYPE"),
  );

  test("a body without a type is refused, and so is a POST without a body", async () => {
    await expectRefused(request("/trpc/q", { method: "POST", body: bytes(123, 125) }), "UNSUPPORTED_MEDIA_TYPE");
    await expectRefused(request("/trpc/q", { method: "POST" }), "UNSUPPORTED_MEDIA_TYPE");
  });

  test.each([
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    'application/json ; charset="UTF-8"',
    "application/json, application/json",
    "application/json,Application/JSON; charset=utf-8",
  ])("%s passes", async (type) => {
    await expectCalls(post("/trpc/q", "{}", { "content-type": type }));
  });

  test.each(["gzip", "br", "deflate", "identity, gzip", ""])("Content-Encoding %j is refused", (encoding) =>
    expectRefused(post("/trpc/q", "{}", { "content-encoding": encoding }), "UNSUPPORTED_MEDIA_TYPE"),
  );

  test("Content-Encoding identity passes", async () => {
    await expectCalls(post("/trpc/q", "{}", { "content-encoding": "identity" }));
  });
});

describe("a body is counted while it is read", () => {
  const megabyte = (more: number) => `"${"a".repeat(limits.bodyBytes - 2 + more)}"`;

  test("1 MiB passes", async () => {
    expect(await inputOf(post("/trpc/q", megabyte(0)))).toHaveLength(limits.bodyBytes - 2);
  });

  test("one byte more does not", () => expectRefused(post("/trpc/q", megabyte(1)), "PAYLOAD_TOO_LARGE", "aaa"));

  test("characters are not bytes", () =>
    expectRefused(post("/trpc/q", `"${"é".repeat(limits.bodyBytes / 2)}"`), "PAYLOAD_TOO_LARGE"));

  test("a Content-Length above the limit is believed", () =>
    expectRefused(post("/trpc/q", "{}", { "content-length": "5000000" }), "PAYLOAD_TOO_LARGE"));

  test.each(["2", "-1", "x"])("a Content-Length of %s is not", (length) =>
    expectRefused(post("/trpc/q", megabyte(1), { "content-length": length }), "PAYLOAD_TOO_LARGE"),
  );

  test("an endless stream is cancelled soon after the limit", async () => {
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
    await expectRefused(post("/trpc/q", endless), "PAYLOAD_TOO_LARGE");
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(limits.bodyBytes * 1.5);
  });

  test("a body that breaks off is the sender's fault", async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error("connection lost")),
    });
    await expectRefused(post("/trpc/q", broken), "BAD_REQUEST", "connection lost");
  });
});

describe("text", () => {
  test.each([
    ["a lone continuation byte", bytes(34, 0x80, 34)],
    ["an overlong slash", bytes(34, 0xc0, 0xaf, 34)],
    ["a surrogate in UTF-8", bytes(34, 0xed, 0xa0, 0x80, 34)],
    ["a character cut short", bytes(34, 0xe2, 0x82)],
  ])("%s is refused", (_, body) => expectRefused(post("/trpc/q", body), "BAD_REQUEST"));

  test("a character split between two chunks is whole", async () => {
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

  test("one byte order mark is dropped, a second is refused", async () => {
    expect(await inputOf(post("/trpc/q", bytes(0xef, 0xbb, 0xbf, 0x31)))).toBe(1);
    await expectRefused(post("/trpc/q", bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x31)), "BAD_REQUEST");
  });

  test("an empty body is an undefined input", async () => {
    expect(await inputOf(post("/trpc/q", ""))).toBeUndefined();
    expect(await inputOf(post("/trpc/q"))).toBeUndefined();
  });

  test("of two equal keys the last one counts", async () => {
    expect(await inputOf(post("/trpc/q", '{"a":1,"a":2}'))).toEqual({ a: 2 });
    expect(await inputOf(post("/trpc/authors.list", '{"a":1,"a":2}'))).toEqual({ a: 2 });
  });

  test.each([
    '{"json":{"password":"one","password":"sesame"}}',
    '{"json":{"email":"a"},"json":{"email":"sesame"}}',
    '{"json":{"pass\\u0077ord":"one","password":"sesame"}}',
    '{"json":[{"a":1,"b":{"a":"sesame","a":"sesame"}}]}',
    '{"__proto__":1,"__proto__":"sesame"}',
  ])("%s is refused where it says who somebody is", async (body) => {
    await expectRefused(post("/trpc/auth.login", body), "BAD_REQUEST", "sesame");
    await expectRefused(post("/trpc/account.delete", body), "BAD_REQUEST", "sesame");
    await expectRefused(post("/trpc/posts.create,auth.login?batch=1", `{"0":${body}}`), "BAD_REQUEST", "sesame");
  });

  test.each([
    '{"json":{"email":"a:b","password":"\\":\\"c\\":"},"meta":{"values":{"x":["Date"]}}}',
    "[]",
    "null",
    '"a:b"',
    "5",
  ])("%s has no key twice", async (body) =>
    expect(await inputOf(post("/trpc/auth.login", body))).toEqual(JSON.parse(body)),
  );

  test.each(['{"password":"sesame"', '"sesame', "{sesame}", "NaN", " ", "1 2", '{"sesame":1}}'])(
    "%s is refused without repeating it",
    (body) => expectRefused(post("/trpc/q", body), "BAD_REQUEST", "sesame"),
  );
});

describe("depth and size are counted before anything is built", () => {
  test.each([200, 100_000, 500_000])("%d arrays in each other are refused at once", async (depth) => {
    await expectRefused(post("/trpc/q", nested(depth)), "BAD_REQUEST");
    await expectRefused(post("/trpc/q", '{"a":'.repeat(Math.min(depth, 150_000))), "BAD_REQUEST");
  });

  test("many arrays side by side are not deep", async () => {
    await expectCalls(post("/trpc/q", `[${Array.from({ length: 1000 }, () => nested(10)).join()}]`));
  });

  test("brackets and quotes inside strings do not count", async () => {
    for (const text of ["[".repeat(1000), '\\"['.repeat(500), "\\", '\\\\"', '"[{"']) {
      expect(await inputOf(post("/trpc/q", JSON.stringify([text])))).toEqual([text]);
    }
  });

  test("more values than allowed are refused", async () => {
    await expectRefused(post("/trpc/q", `[${"0,".repeat(limits.jsonNodes)}0]`), "BAD_REQUEST");
    await expectCalls(post("/trpc/q", `[${"0,".repeat(limits.jsonNodes - 10)}0]`));
  });

  test("a URL's input is counted too", () => expectRefused(request(`/trpc/q?input=${nested(200)}`), "BAD_REQUEST"));
});
