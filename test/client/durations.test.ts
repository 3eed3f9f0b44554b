import { describe, expect, it } from "vitest";
import { createClient, userdoLink, type UserDOLinkOptions } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const url = "https://app.example.com/trpc";

describe("durations in the options of a client", () => {
  it.each<UserDOLinkOptions>([
    { liveTimeout: 30_000 },
    { liveTimeout: 61 },
    { pollInterval: 5_000 },
    { pollInterval: 61 },
    { pollInterval: 250 },
    { pollInterval: Infinity },
  ])("refuses %o", (options) => {
    const [name = ""] = Object.keys(options);
    expect(() => createClient<AppRouter>({ url, ...options })).toThrow(name);
    expect(() => userdoLink<AppRouter>({ url, ...options })).toThrow("is above 60 seconds.");
  });

  it.each<UserDOLinkOptions>([
    { liveTimeout: 0 },
    { liveTimeout: 60 },
    { liveTimeout: Infinity },
    { pollInterval: 0 },
    { pollInterval: 0.1 },
    { pollInterval: 60 },
    { pollInterval: false },
  ])("accepts %o", (options) => {
    createClient<AppRouter>({ url, ...options });
    userdoLink<AppRouter>({ url, ...options });
  });
});
