import { describe, expect, it } from "vitest";
import { delayOf, durationText, memoryOf, throttleDefaults } from "../../../src/do/rate/throttle-delay.js";

describe("how long wrong passwords make the next one wait", () => {
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
  ])("after %i: %i s, never longer than a quarter of an hour", (count, seconds) => {
    const now = 1_000_000_000;
    expect(delayOf({ count, lastAt: now }, throttleDefaults, now)).toBe(seconds * 1000);
    expect(delayOf({ count, lastAt: now - seconds * 1000 }, throttleDefaults, now)).toBe(0);
  });

  it("the app may choose", () => {
    const options = { failures: 2, firstDelay: 10, longestDelay: 15 };
    expect([1, 2, 3, 4].map((count) => delayOf({ count, lastAt: 0 }, options, 0))).toEqual([0, 10_000, 15_000, 15_000]);
  });
});

describe("how long a count of wrong passwords is kept", () => {
  it.each([
    [1, 15],
    [2, 30],
    [4, 60],
    [5, 60],
    [100, 60],
  ])("keeps a count of %i for %i minutes", (count, minutes) => {
    expect(memoryOf(count, throttleDefaults)).toBe(minutes * 60_000);
  });

  it("never forgets a count while its wait lasts", () => {
    for (const failures of [1, 2, 5]) {
      const options = { failures, firstDelay: 1000, longestDelay: 900 };
      for (let count = 1; count < 20; count++) {
        expect(memoryOf(count, options)).toBeGreaterThanOrEqual(delayOf({ count, lastAt: 0 }, options, 0));
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
])("says %i seconds in words for people, and never too few", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
