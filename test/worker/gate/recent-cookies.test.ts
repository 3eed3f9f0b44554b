import { describe, expect, it } from "vitest";
import { cookieNames } from "../../../src/worker/cookies/cookie-names.js";
import { createCookiesAt } from "../../../src/worker/cookies/create-cookies-at.js";
import { readCredentials } from "../../../src/worker/gate/read-credentials.js";

const url = new URL("https://app.example.com/");
const { has: isOwnCookie } = cookieNames({ url });
const access = "__Host-userdo-access";
const read = (cookie: string, isOwn = isOwnCookie) => readCredentials(new Headers({ cookie }), isOwn).cookies;

describe("the cookies of recent headers", () => {
  it("are parsed once", () => {
    expect(read(`${access}=once`)).toBe(read(`${access}=once`));
    expect(read(`${access}=once`)).toEqual({ [access]: "once" });
  });

  it("are those of the same header, byte for byte", () => {
    expect(read(`${access}=one`)).toEqual({ [access]: "one" });
    expect(read(`${access}=two`)).toEqual({ [access]: "two" });
    expect(read(`${access}=One`)).toEqual({ [access]: "One" });
  });

  it("are separate for each app", () => {
    const other = cookieNames({ url, prefix: "other" }).has;
    const header = `${access}=a; __Host-other-access=b`;
    expect(read(header)).toEqual({ [access]: "a" });
    expect(read(header, other)).toEqual({ "__Host-other-access": "b" });
    expect(read(header)).toEqual({ [access]: "a" });
  });

  it("are refused each time if they are ambiguous", () => {
    for (let time = 0; time < 3; time++) expect(() => read(`${access}=1; ${access}=2`)).toThrow(/same name/);
  });

  it("are not kept for a long header, nor for more than 200 headers", () => {
    const long = `${access}=a; b=${"x".repeat(4_096)}`;
    expect(read(long)).not.toBe(read(long));
    const first = read(`${access}=first`);
    for (let count = 0; count < 200; count++) read(`${access}=${count}`);
    expect(read(`${access}=first`)).not.toBe(first);
    expect(read(`${access}=first`)).toEqual(first);
  });
});

describe("the cookies of an app", () => {
  it("are created once for this machine and once for other hosts", () => {
    const cookiesAt = createCookiesAt({ prefix: "shop" });
    const remote = cookiesAt(url);
    const local = cookiesAt(new URL("http://localhost:8787/"));
    expect([remote.names.start, local.names.start]).toEqual(["__Host-shop-", "shop-"]);
    expect(cookiesAt(new URL("https://localhost/"))).toBe(remote);
    expect(cookiesAt(new URL("http://app.example.com/"))).toBe(remote);
    expect(cookiesAt(new URL("http://127.0.0.1/"))).toBe(local);
  });

  it("read the tokens of the same cookies once", () => {
    const { readSent } = createCookiesAt({})(url);
    const sent = { [access]: "token" };
    expect(readSent(sent)).toEqual({ access: "token", records: [] });
    expect(readSent(sent)).toBe(readSent(sent));
    expect(readSent({ ...sent })).not.toBe(readSent(sent));
  });
});
