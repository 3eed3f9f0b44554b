import { describe, expect, test } from "vitest";
import type { SessionTokens } from "../../../src/shared/call.js";
import { limits } from "../../../src/shared/limits.js";
import { createCookies } from "../../../src/worker/cookies/create-cookies.js";

const now = 1_700_000_000_000;
const tokens: SessionTokens = {
  accessToken: "aaa.bbb-_.ccc",
  accessExpiresAt: now + 900_000,
  refreshToken: "rt1.x",
  refreshExpiresAt: now + 7 * 86_400_000,
};
const at = (url: string, prefix?: string) => createCookies({ url: new URL(url), prefix });
const crossSite = (url: string, partitioned: boolean) =>
  createCookies({ url: new URL(url), sameSite: "none", partitioned });

describe("a session's cookies", () => {
  test("are hidden from scripts, from other hosts and from plain http", () => {
    expect(at("https://app.example.com/trpc/auth.login").set(tokens, now)).toEqual([
      "__Host-userdo-access=aaa.bbb-_.ccc; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Host-userdo-refresh=rt1.x; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });

  test("are cleared with the attributes they were set with, whatever the path", () => {
    expect(at("https://app.example.com/some/deep/trpc/auth.logout").clear()).toEqual([
      "__Host-userdo-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Host-userdo-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });

  test("can have another prefix", () => {
    const cookies = at("https://app.example.com", "blog");
    expect(cookies.set(tokens, now)[0]).toMatch(/^__Host-blog-access=/);
    expect(cookies.read({ "__Host-blog-access": "a", "__Host-userdo-refresh": "r" })).toEqual({ access: "a" });
  });

  test("never outlive their tokens", () => {
    const [access, refresh] = at("https://app.example.com").set(tokens, now + 900_001);
    expect(access).toContain("Max-Age=0;");
    expect(refresh).toContain("Max-Age=603899;");
  });

  test("can be read after they were set", () => {
    const cookies = at("https://app.example.com");
    const pairs = cookies.set(tokens, now).map((cookie) => cookie.split("; ")[0]!.split("=") as [string, string]);
    expect(cookies.read(Object.fromEntries(pairs))).toEqual({
      access: tokens.accessToken,
      refresh: tokens.refreshToken,
    });
  });

  test.each([
    ["nothing", {}],
    ["the names without the prefix that binds them to the host", { "userdo-access": "a", "userdo-refresh": "r" }],
    ["names in another case", { "__host-userdo-access": "a" }],
    ["empty values", { "__Host-userdo-access": "" }],
    ["values longer than a token", { "__Host-userdo-refresh": "x".repeat(limits.tokenLength + 1) }],
  ])("have no token for %s", (_, cookies) => expect(at("https://app.example.com").read(cookies)).toEqual({}));
});

describe("cookies over http on the local machine", () => {
  test.each([
    "http://localhost:5173",
    "http://app.localhost",
    "http://127.0.0.1:8787",
    "http://127.9.9.9",
    "http://[::1]:8787",
  ])("have the same names without __Host- and Secure on %s", (url) => {
    const cookies = at(url);
    expect(cookies.set(tokens, now)[0]).toBe(
      "userdo-access=aaa.bbb-_.ccc; Max-Age=900; Path=/; HttpOnly; SameSite=Lax",
    );
    expect(cookies.clear()[1]).toBe("userdo-refresh=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
    expect(cookies.read({ "userdo-access": "a", "__Host-userdo-refresh": "r" })).toEqual({ access: "a" });
  });

  test.each([
    "https://localhost",
    "http://app.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://notlocalhost",
    "http://128.0.0.1",
    "http://[::2]",
  ])("are Secure on %s", (url) => expect(at(url).set(tokens, now)[0]).toMatch(/^__Host-.*; Secure/));
});

describe("cookies for front ends of other sites", () => {
  test("are sent with their requests", () => {
    const cookies = crossSite("https://api.example.com", false);
    const [access = "", refresh = ""] = cookies.set(tokens, now);
    expect(access).toBe("__Host-userdo-access=aaa.bbb-_.ccc; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=None");
    expect(refresh).toContain("; HttpOnly; Secure; SameSite=None");
    expect(cookies.clear()[0]).toBe("__Host-userdo-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None");
  });

  test("have their own names when partitioned, and are deleted in the same partition", () => {
    const cookies = crossSite("https://api.example.com", true);
    const attributes = "Path=/; HttpOnly; Secure; Partitioned; SameSite=None";
    const name = "__Host-userdo-partitioned-access";
    expect(cookies.set(tokens, now)[0]).toBe(`${name}=aaa.bbb-_.ccc; Max-Age=900; ${attributes}`);
    expect(cookies.clear()[0]).toBe(`${name}=; Max-Age=0; ${attributes}`);
    expect(cookies.read({ [name]: "a", "__Host-userdo-access": "b" })).toEqual({ access: "a" });
    expect(at("https://api.example.com").read({ [name]: "a" })).toEqual({});
  });

  test("are Secure on localhost, as SameSite=None requires, without the prefix", () => {
    expect(crossSite("http://localhost:8787", false).set(tokens, now)[0]).toBe(
      "userdo-access=aaa.bbb-_.ccc; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=None",
    );
    expect(crossSite("http://127.0.0.1:8787", true).clear()[0]).toBe(
      "userdo-partitioned-access=; Max-Age=0; Path=/; HttpOnly; Secure; Partitioned; SameSite=None",
    );
  });
});
