import { describe, expect, it } from "vitest";
import { checkCookieOptions, type CookieOptions } from "../../../src/worker/cookies/cookie-options.js";

describe("the option `cookies`", () => {
  it.each([
    {},
    { sameSite: undefined, partitioned: undefined },
    { sameSite: "lax" },
    { sameSite: "lax", partitioned: false },
    { sameSite: "none" },
    { sameSite: "none", partitioned: true },
  ])("accepts %j", (cookies) => checkCookieOptions(cookies as CookieOptions));

  it.each([
    ["partitioned cookies without SameSite=None", { partitioned: true }, "cookies.partitioned"],
    ["partitioned cookies with SameSite=Lax", { sameSite: "lax", partitioned: true }, "cookies.partitioned"],
    ["a value that would break links from mails", { sameSite: "strict" }, "cookies.sameSite:"],
    ["another spelling", { sameSite: "None" }, "cookies.sameSite:"],
    ["an empty value", { sameSite: "" }, "cookies.sameSite:"],
    ["null", { sameSite: null }, "cookies.sameSite:"],
    ["a text for a boolean", { sameSite: "none", partitioned: "true" }, "cookies.partitioned"],
    ["a number for a boolean", { sameSite: "none", partitioned: 1 }, "cookies.partitioned"],
    ["another spelling of the name", { SameSite: "none" }, 'cookies: "SameSite" is not an option'],
    ["an attribute that is not an option", { secure: false }, 'cookies: "secure" is not an option'],
    ["a domain", { sameSite: "none", domain: "example.com" }, 'cookies: "domain" is not an option'],
    ["a text", "none", "cookies is not an object"],
    ["a list", [], "cookies is not an object"],
    ["nothing", null, "cookies is not an object"],
    ["a boolean", true, "cookies is not an object"],
  ])("rejects %s, and names the fix", (_what, cookies, message) => {
    // The types reject most of these, but an app may be written without types.
    expect(() => checkCookieOptions(cookies as unknown as CookieOptions)).toThrow(message);
  });
});
