import { expect, test } from "vitest";
import { checkCookiePrefix, checkNames } from "../../src/worker/check-names.js";

test.each(["/trpc", "/api/v2/trpc", "/a-b_c.d~e"])("accepts the path %s", (path) => {
  checkNames({ path });
});

test.each([
  "",
  "/",
  "trpc",
  "/trpc/",
  "//trpc",
  "/trpc?x",
  "/trpc#x",
  "/a b",
  "https://a.example/trpc",
  "/%74rpc",
  "/.",
  "/..",
  "/api/../trpc",
])("rejects the path %j", (path) => expect(() => checkNames({ path })).toThrow("path:"));

test.each(["", "a;b", "a=b", "a b", "é", "a,b"])(
  "rejects the cookie prefix %j, which is not a cookie name",
  (cookiePrefix) => {
    expect(() => checkNames({ path: "/trpc", cookiePrefix })).toThrow("cookiePrefix");
  },
);

test.each(["__Host-blog", "__host-blog", "__Secure-blog", "__Http-blog", "__Host-Http-blog", "a".repeat(65)])(
  "rejects the cookie prefix %j, whose cookies browsers would drop",
  (cookiePrefix) => {
    expect(() => checkNames({ path: "/trpc", cookiePrefix })).toThrow("cookiePrefix");
    expect(() => checkCookiePrefix(cookiePrefix)).toThrow("cookiePrefix");
  },
);

test("accepts another cookie prefix", () => checkNames({ path: "/trpc", cookiePrefix: "blog-2_x" }));
