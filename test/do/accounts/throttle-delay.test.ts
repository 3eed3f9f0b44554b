import { describe, expect, it } from "vitest";
import { delayOf, durationText, retentionOf, throttleDefaults } from "../../../src/do/rate/throttle-delay.js";

describe("the delay of the next attempt", () => {
  it.each([
    [0, 0],
    [4, 0],
    [5, 1],
    [6, 2],
    [7, 4],
    [10, 32],
    [14, 512],
    [15, 900],
    [16, 900],
    [10_000, 900],
  ])("after %i wrong passwords is %i s, and never longer than a quarter of an hour", (count, seconds) => {
    const now = 1_000_000_000;
    expect(delayOf({ count, lastAt: now }, throttleDefaults, now)).toBe(seconds * 1000);
    expect(delayOf({ count, lastAt: now - seconds * 1000 }, throttleDefaults, now)).toBe(0);
  });

  it("can be set by the app", () => {
    const options = { failures: 2, firstDelay: 10, longestDelay: 15 };
    expect([1, 2, 3, 4].map((count) => delayOf({ count, lastAt: 0 }, options, 0))).toEqual([0, 10_000, 15_000, 15_000]);
  });
});

describe("the lifetime of a count of wrong passwords", () => {
  it.each([
    [1, 15],
    [2, 30],
    [4, 60],
    [5, 60],
    [100, 60],
  ])("for a count of %i is %i minutes", (count, minutes) => {
    expect(retentionOf(count, throttleDefaults)).toBe(minutes * 60_000);
  });

  it("never ends while its delay lasts", () => {
    for (const failures of [1, 2, 5]) {
      const options = { failures, firstDelay: 1000, longestDelay: 900 };
      for (let count = 1; count < 20; count++) {
        expect(retentionOf(count, options)).toBeGreaterThanOrEqual(delayOf({ count, lastAt: 0 }, options, 0));
      }
    }
  });
});

it.each([
  [1, "1 second"],
  [59, "59 seconds"],
  [60, "1 minute"],
  [61, "2 minutes"],
  [900, "15 minutes"],
])("states a duration of %i seconds in words, rounded up", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
