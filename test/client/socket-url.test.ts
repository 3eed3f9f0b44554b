import { afterEach, describe, expect, it, vi } from "vitest";
import { socketUrl } from "../../src/client/socket-url.js";

const page = "https://app.example.com/tasks/1?x=2#y";

afterEach(() => void vi.unstubAllGlobals());

describe("the URL of a socket", () => {
  it.each([
    ["relative to the page", "/trpc", page, undefined, "wss://app.example.com/trpc"],
    ["absolute, whatever the page", "https://api.example.com/api", page, undefined, "wss://api.example.com/api"],
    ["without a page", "http://localhost:8787/trpc", undefined, undefined, "ws://localhost:8787/trpc"],
    ["already a socket's", "wss://live.example.com/trpc", page, undefined, "wss://live.example.com/trpc"],
    ["with a slash at its end", "/trpc/", page, undefined, "wss://app.example.com/trpc"],
    ["with a slash before a query", "https://a.example/trpc/?v=/", page, undefined, "wss://a.example/trpc?v=/"],
    ["of an IPv6 host", "http://[::1]:8787/trpc/", undefined, "o", "ws://[::1]:8787/trpc?organizationId=o"],
    [
      "of an international host",
      "https://xn--mnchen-3ya.example/trpc",
      page,
      undefined,
      "wss://xn--mnchen-3ya.example/trpc",
    ],
    ["an organization's", "/trpc", page, "org 1&x", "wss://app.example.com/trpc?organizationId=org%201%26x"],
    ["the app's", "/trpc", page, "app:", "wss://app.example.com/trpc?app="],
    ["an organization's, beside a query", "/trpc?v=1", page, "o", "wss://app.example.com/trpc?v=1&organizationId=o"],
  ])("%s", (_name, url, base, owner, expected) => {
    expect(socketUrl({ url, base, owner })).toBe(expected);
  });

  it("names the page's user", () => {
    const url = socketUrl({ url: "/trpc", base: page, owner: "o", user: "a" });
    expect(url).toBe("wss://app.example.com/trpc?organizationId=o&user=a");
  });

  it("throws for a relative URL without a page, and names the option to pass", () => {
    expect(() => socketUrl({ url: "/trpc", base: undefined, owner: undefined })).toThrow(/absolute/);
  });

  it("does not parse an absolute URL, because React Native's URL class is incomplete", () => {
    vi.stubGlobal("URL", undefined);
    const url = socketUrl({ url: "https://api.example.com/trpc#x", base: undefined, owner: "o", user: "a" });
    expect(url).toBe("wss://api.example.com/trpc?organizationId=o&user=a");
  });
});
