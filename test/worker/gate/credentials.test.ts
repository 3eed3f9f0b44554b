import { describe, expect, test } from "vitest";
import { limits } from "../../../src/shared/limits.js";
import { expectCalls, expectRejected, OWN, query } from "./expect-gate.js";

const withCookie = (cookie: string) => query("/trpc/q", undefined, { cookie, origin: OWN });
const withAuthorization = (authorization: string, more = {}) => query("/trpc/q", undefined, { authorization, ...more });

const access = "__Host-userdo-access";
const record = `__Host-userdo-session-${"0".repeat(32)}-12`;

describe("cookies", () => {
  test("are read by name, and only the framework's own", async () => {
    const { cookies } = await expectCalls(withCookie(`${access}=a.b.c; theme=dark;${record}=%20;b=1`));
    expect(cookies).toEqual({ [access]: "a.b.c", [record]: " " });
  });

  test("have no prototype that a name could reach", async () => {
    const { cookies } = await expectCalls(withCookie(`${access}=1; __proto__=1`));
    expect(cookies["__proto__"]).toBeUndefined();
    expect(cookies["toString"]).toBeUndefined();
  });

  test.each([
    `${access}=1; ${access}=2`,
    `${access}=1;${access}=1`,
    `${access}=x; theme=dark; ${access}=y`,
    `${access}=1; ${access} =2`,
    `${access}=1;  ${access}=`,
    `${access}=%31; b; \t${access}=1`,
    `${record}=1; ${record}=2`,
  ])("are rejected if two have one of the framework's names: %s", (cookie) =>
    expectRejected(withCookie(cookie), "BAD_REQUEST"),
  );

  test("with other names may come in any number and size", async () => {
    for (const foreign of [
      "a=1; a=2",
      "=x; =y; z; z; ",
      `a=${"x".repeat(100_000)}`,
      "c=%; c=%zz",
      "d=K\u00C3\u00B6ln; d=\u00F6",
    ]) {
      const { cookies } = await expectCalls(withCookie(`${foreign}; ${access}=a.b.c`));
      expect(cookies).toEqual({ [access]: "a.b.c" });
    }
  });

  // A regular expression that trims would take minutes for these values.
  test.each([" ", "\t", " \t"])("are read in one pass, however many spaces (%j) a name contains", async (space) => {
    const spaces = space.repeat(1_000_000);
    const header = `a${spaces}b=1;${spaces}${access}${spaces}=a.b.c;${spaces};${spaces}=x`;
    expect((await expectCalls(withCookie(header))).cookies).toEqual({ [access]: "a.b.c" });
  });

  test("are not searched in other cookies' values or behind other spaces", async () => {
    for (const foreign of [`a=x, ${access}=evil`, `\u00A0${access}=evil`, `a="${access}=evil"`]) {
      expect((await expectCalls(withCookie(foreign))).cookies).toEqual({});
    }
  });
});

describe("bearer tokens", () => {
  test.each(["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER   a.b-c_d "])("%j is read", async (authorization) => {
    expect((await expectCalls(withAuthorization(authorization))).bearer).toBe("a.b-c_d");
  });

  test("take precedence over cookies, even duplicate ones", async () => {
    const { bearer, cookies } = await expectCalls(
      withAuthorization("Bearer abc", { cookie: `${access}=1; ${access}=2`, origin: OWN }),
    );
    expect({ bearer, cookies }).toEqual({ bearer: "abc", cookies: {} });
  });

  test.each([
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a, Bearer b",
    "Bearer ä",
    `Bearer ${"x".repeat(limits.tokenLength + 1)}`,
  ])("%j is rejected", (authorization) => expectRejected(withAuthorization(authorization), "BAD_REQUEST", "xxx"));

  test("do not include other schemes", async () => {
    const sent = withAuthorization("Basic dXNlcjpwYXNz", { cookie: `${access}=1`, origin: OWN });
    const { bearer, cookies } = await expectCalls(sent);
    expect({ bearer, cookies }).toEqual({ bearer: undefined, cookies: { [access]: "1" } });
  });
});
