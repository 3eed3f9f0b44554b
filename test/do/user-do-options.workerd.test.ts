import { createUserDO } from "trpc-userdo/do";
import { describe, expect, it } from "vitest";
import { appRouter } from "../fixtures/app/router.js";

/** Values that a JavaScript project, or an unset variable, may pass. */
const refused: [option: string, given: Readonly<Record<string, unknown>>][] = [
  ["onSignUp", { onSignUp() {} }],
  ["sesion", { sesion: { idle: 60 } }],
  ["allowedOrigins", { allowedOrigins: [] }],
  ["onLogin", { onLogin: "log" }],
  ["onDelete", { onDelete: {} }],
  ["onError", { onError: true }],
  ["checkBreachedPassword", { checkBreachedPassword: "https://api.pwnedpasswords.com" }],
  ["maxQueuedHashes", { maxQueuedHashes: -1 }],
  ["maxQueuedHashes", { maxQueuedHashes: "4" }],
  ["session", { session: { idel: 60 } }],
  ["session", { session: 60 }],
  ["session.idle", { session: { idle: 0 } }],
  ["session.idle", { session: { idle: "60" } }],
  ["session.idle", { session: { idle: 3_600, absolute: 60 } }],
  ["session.idle", { session: { idle: 100 * 86_400 } }],
  ["session.absolute", { session: { absolute: Number.MAX_SAFE_INTEGER } }],
  ["session.idle", { session: { idle: 1e12, absolute: 1e13 } }],
  ["sockets.windowSeconds", { sockets: { windowSeconds: 2_147_484 } }],
  ["session.accessToken", { session: { accessToken: 86_401 } }],
  ["throttle", { throttle: { tries: 3 } }],
  ["throttle.failures", { throttle: { failures: 0 } }],
  ["throttle.failures", { throttle: { failures: Infinity } }],
  ["throttle.firstDelay", { throttle: { firstDelay: Number.NaN } }],
  ["throttle.firstDelay", { throttle: { firstDelay: 901 } }],
  ["throttle.longestDelay", { throttle: { longestDelay: -1 } }],
  ["audit", { audit: { days: 30 } }],
  ["audit.maxAge", { audit: { maxAge: 0 } }],
  ["audit.maxAge", { audit: { maxAge: 365 } }],
  ["audit.maxEntries", { audit: { maxEntries: 0.5 } }],
  ["audit.network", { audit: { network: "true" } }],
  ["sockets", { sockets: { subscriptions: 10 } }],
  ["sockets.sockets", { sockets: { sockets: 0 } }],
  ["sockets.sockets", { sockets: { sockets: 40_000 } }],
  ["sockets.messageBytes", { sockets: { messageBytes: 100_000_000 } }],
  ["sockets.resultBytes", { sockets: { resultBytes: 100_000_000 } }],
  ["sockets.windowEvents", { sockets: { windowEvents: Number.NaN } }],
  ["sockets.windowSeconds", { sockets: { windowSeconds: "15" } }],
  ["changeLog", { changeLog: { entries: 5 } }],
  ["changeLog.maxEntries", { changeLog: { maxEntries: 0 } }],
  ["changeLog.maxBytes", { changeLog: { maxBytes: 1 } }],
  ["changeLog.maxAge", { changeLog: { maxAge: null } }],
  ["mail", { mail: { apiKey: "x" } }],
  ["appUrl", { appUrl: "app.example.com" }],
  ["appUrl", { appUrl: "" }],
  ["appUrl", { appUrl: "https://app.example.com/#inbox" }],
  ["mailLinks", { mailLinks: { verify: "/verify" } }],
  ["mailLinks.verifyEmail", { mailLinks: { verifyEmail: "verify" } }],
  ["mailLinks.invitation", { mailLinks: { invitation: "https://app.example.com/invitation" } }],
  ["mailLinks.resetPassword", { mailLinks: { resetPassword: "/#reset" } }],
];

/** All options that are durations, each with its maximum. */
const CENTURY = 36_525 * 86_400;
const durations: [option: string, longest: number, given: (value: number) => object][] = [
  ["session.idle", CENTURY, (idle) => ({ session: { idle, absolute: CENTURY } })],
  ["session.absolute", CENTURY, (absolute) => ({ session: { absolute } })],
  ["session.accessToken", 86_400, (accessToken) => ({ session: { accessToken } })],
  ["throttle.firstDelay", CENTURY, (firstDelay) => ({ throttle: { firstDelay, longestDelay: CENTURY } })],
  ["throttle.longestDelay", CENTURY, (longestDelay) => ({ throttle: { longestDelay } })],
  ["audit.maxAge", CENTURY, (maxAge) => ({ audit: { maxAge } })],
  ["changeLog.maxAge", CENTURY, (maxAge) => ({ changeLog: { maxAge } })],
  ["sockets.windowSeconds", 2_147_483, (windowSeconds) => ({ sockets: { windowSeconds } })],
];

describe("createUserDO", () => {
  it.each(durations)("refuses %s beyond %s, the longest time of timers and alarms", (option, longest, given) => {
    createUserDO(appRouter, given(longest) as never);
    for (const value of [longest + 1, 1e300, Number.MAX_SAFE_INTEGER, Infinity, Number.NaN]) {
      expect(() => createUserDO(appRouter, given(value) as never)).toThrow(option);
    }
  });

  it.each(refused)("refuses an option that can never take effect: %s in %o", (option, given) => {
    expect(() => createUserDO(appRouter, given as never)).toThrow(option);
  });

  it("accepts options that are `undefined`, and limits of any sensible size", () => {
    createUserDO(appRouter, { session: { idle: undefined }, mail: undefined, throttle: undefined } as never);
    createUserDO(appRouter, {
      session: { idle: 60, absolute: 60 },
      throttle: { failures: 1, firstDelay: 0.5, longestDelay: 0.5 },
      sockets: { windowSeconds: 0.2, sockets: 32_768 },
      audit: { maxAge: 3_600, maxEntries: 1 },
      changeLog: { maxEntries: 1, maxAge: 0.5 },
      maxQueuedHashes: 0,
      appUrl: "http://localhost:5173/app/",
      mailLinks: { verifyEmail: "/account?verify=1" },
    });
  });
});
