import { describe, expect, it } from "vitest";
import { nextRun } from "../../../src/do/schedule/next-run.js";

/** The next times of a pattern, in UTC. */
function times(cron: string, timeZone: string, after: string, count = 3): string[] {
  const found: string[] = [];
  let last = Date.parse(after);
  while (found.length < count) {
    const next = nextRun({ cron, timeZone }, last);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(":00.000Z", "Z"));
    last = next;
  }
  return found;
}

describe("the next times of a cron pattern", () => {
  it.each([
    [
      "each day",
      "0 8 * * *",
      "UTC",
      "2026-01-01T08:00Z",
      ["2026-01-02T08:00Z", "2026-01-03T08:00Z", "2026-01-04T08:00Z"],
    ],
    [
      "each day in a zone",
      "0 8 * * *",
      "Asia/Kolkata",
      "2026-01-01T00:00Z",
      ["2026-01-01T02:30Z", "2026-01-02T02:30Z", "2026-01-03T02:30Z"],
    ],
    [
      "on weekdays",
      "30 9 * * MON-FRI",
      "UTC",
      "2026-01-02T10:00Z",
      ["2026-01-05T09:30Z", "2026-01-06T09:30Z", "2026-01-07T09:30Z"],
    ],
    [
      "on the last day of a month",
      "0 0 L * *",
      "UTC",
      "2026-01-01T00:00Z",
      ["2026-01-31T00:00Z", "2026-02-28T00:00Z", "2026-03-31T00:00Z"],
    ],
    [
      "in leap years",
      "0 0 29 2 *",
      "UTC",
      "2026-01-01T00:00Z",
      ["2028-02-29T00:00Z", "2032-02-29T00:00Z", "2036-02-29T00:00Z"],
    ],
    // Clocks go from 2:00 to 3:00 on March 29, 2026.
    [
      "in the hour that is skipped",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T00:00Z",
      ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    [
      "at several hours, one of them skipped",
      "30 2,14 * * *",
      "Europe/Berlin",
      "2026-03-29T00:00Z",
      ["2026-03-29T01:00Z", "2026-03-29T12:30Z", "2026-03-30T00:30Z"],
    ],
    [
      "each hour over the skipped one",
      "0 * * * *",
      "Europe/Berlin",
      "2026-03-28T23:30Z",
      ["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"],
    ],
    // Clocks go from 3:00 back to 2:00 on October 25, 2026.
    [
      "in the hour that is repeated",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T00:00Z",
      ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    [
      "each half hour over the repeated one",
      "*/30 * * * *",
      "Europe/Berlin",
      "2026-10-25T00:00Z",
      ["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"],
    ],
    [
      "at midnight, where clocks skip it",
      "0 0 * * *",
      "Africa/Cairo",
      "2026-04-23T00:00Z",
      ["2026-04-23T22:00Z", "2026-04-24T21:00Z", "2026-04-25T21:00Z"],
    ],
    [
      "where clocks move by half an hour",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T00:00Z",
      ["2026-10-03T15:30Z", "2026-10-04T15:15Z", "2026-10-05T15:15Z"],
    ],
    [
      "in a southern summer",
      "0 9 * * *",
      "America/Santiago",
      "2026-04-04T00:00Z",
      ["2026-04-04T12:00Z", "2026-04-05T13:00Z", "2026-04-06T13:00Z"],
    ],
  ])("%s", (_name, cron, timeZone, after, expected) => {
    expect(times(cron, timeZone, after)).toEqual(expected);
  });

  it("are never the time itself", () => {
    const at = Date.parse("2026-01-01T08:00Z");
    expect(nextRun({ cron: "0 8 * * *", timeZone: "UTC" }, at)).toBe(at + 24 * 60 * 60_000);
    expect(nextRun({ cron: "0 8 * * *", timeZone: "UTC" }, at - 1)).toBe(at);
  });

  it("are none, if no time matches", () => {
    expect(nextRun({ cron: "0 0 30 2 *", timeZone: "UTC" }, 0)).toBeUndefined();
  });

  it.each(["", "* * * *", "0 0 8 * * *", "61 * * * *", "@hourly-ish", "a b c d e", "x".repeat(500), undefined])(
    "are refused for the pattern %j",
    (cron) => {
      const run = () => nextRun({ cron: cron as string, timeZone: "UTC" }, 0);
      expect(run).toThrow(expect.objectContaining({ reason: "CRON_INVALID", code: "BAD_REQUEST" }));
    },
  );

  it.each(["", "Mars/Olympus", "x".repeat(5_000), undefined])("are refused in the time zone %j", (timeZone) => {
    const run = () => nextRun({ cron: "* * * * *", timeZone: timeZone as string }, 0);
    expect(run).toThrow(expect.objectContaining({ reason: "TIME_ZONE_INVALID", code: "BAD_REQUEST" }));
  });
});
