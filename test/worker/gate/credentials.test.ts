import { describe, expect, test } from "vitest";
import { limits } from "../../../src/shared/limits.js";
import { expectCalls, expectRefused, OWN, query } from "./expect-gate.js";

const withCookie = (cookie: string) => query("/trpc/q", undefined, { cookie, origin: OWN });
const withAuthorization = (authorization: string, more = {}) => query("/trpc/q", undefined, { authorization, ...more });

describe("cookies", () => {
  test("are read by name", async () => {
    const { cookies } = await expectCalls(withCookie("__Host-userdo-access=a.b.c; theme=dark;b=%20"));
    expect(cookies).toEqual({ "__Host-userdo-access": "a.b.c", theme: "dark", b: " " });
  });

  test("have no prototype to be reached", async () => {
    const { cookies } = await expectCalls(withCookie("a=1"));
    expect(cookies["__proto__"]).toBeUndefined();
    expect(cookies["toString"]).toBeUndefined();
  });

  test.each([
    "a=1; a=2",
    "a=1;a=1",
    "__Host-userdo-access=x; theme=dark; __Host-userdo-access=y",
    "a=1; a =2",
    "a=1;  a=",
    "a=%31; b; a=1",
  ])("row 68: two of one name are refused: %s", (cookie) => expectRefused(withCookie(cookie), "BAD_REQUEST"));

  test("names differ by case, and pairs without a name do not count", () =>
    expectCalls(withCookie("a=1; A=2; =x; =y; z; z")));

  test("row 68: 8 KB pass, more do not", async () => {
    await expectCalls(withCookie(`a=${"x".repeat(limits.cookieBytes - 2)}`));
    await expectRefused(withCookie(`a=${"x".repeat(limits.cookieBytes - 1)}`), "BAD_REQUEST", "xxx");
  });
});

describe("bearer tokens", () => {
  test.each(["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER   a.b-c_d "])("%j is read", async (authorization) => {
    expect((await expectCalls(withAuthorization(authorization))).bearer).toBe("a.b-c_d");
  });

  test("put cookies aside, doubled ones too", async () => {
    const { bearer, cookies } = await expectCalls(withAuthorization("Bearer abc", { cookie: "a=1; a=2", origin: OWN }));
    expect({ bearer, cookies }).toEqual({ bearer: "abc", cookies: {} });
  });

  test.each([
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a, Bearer b",
    "Bearer ä",
    `Bearer ${"x".repeat(limits.tokenLength + 1)}`,
  ])("row 67: %j is refused", (authorization) => expectRefused(withAuthorization(authorization), "BAD_REQUEST", "xxx"));

  test("other schemes are not ours", async () => {
    const sent = withAuthorization("Basic dXNlcjpwYXNz", { cookie: "a=1", origin: OWN });
    const { bearer, cookies } = await expectCalls(sent);
    expect({ bearer, cookies }).toEqual({ bearer: undefined, cookies: { a: "1" } });
  });
});
