import { describe, expect, it } from "vitest";
import { dateOption, pageOptions, parseOptions, statusOption, untilOption } from "../../src/cli/admin/admin-options.js";

const valuesOf = (...args: string[]) => parseOptions(args).values;
const now = Date.UTC(2027, 0, 31);

describe("--until", () => {
  it.each([
    ["30m", "2027-01-31T00:30:00.000Z"],
    ["12h", "2027-01-31T12:00:00.000Z"],
    ["7d", "2027-02-07T00:00:00.000Z"],
    ["2027-03-01", "2027-03-01T00:00:00.000Z"],
    ["2027-03-01T18:00+01:00", "2027-03-01T17:00:00.000Z"],
  ])("accepts %s", (until, expected) => {
    expect(untilOption(valuesOf(`--until=${until}`), now)?.toISOString()).toBe(expected);
  });

  it.each(["", "soon", "7", "-7d", "7w", "01/02/2027", "2027-13-01", "2027-01-01"])("rejects %j", (until) => {
    expect(() => untilOption(valuesOf(`--until=${until}`), now)).toThrow(`--until=${until} is`);
  });

  it("has no default", () => {
    expect(untilOption(valuesOf(), now)).toBeUndefined();
  });
});

it("rejects dates in forms that depend on the time zone", () => {
  expect(dateOption("after", valuesOf("--after=2027-01-31"))).toEqual(new Date(now));
  expect(() => dateOption("after", valuesOf("--after=2027-01-31T18:00"))).toThrow("is not a date");
  expect(() => dateOption("before", valuesOf("--before=January"))).toThrow("--before=January is not a date");
});

it("rejects limits and statuses that the server would reject", () => {
  expect(pageOptions(valuesOf("--limit=100", "--cursor=abc"))).toEqual({ limit: 100, cursor: "abc" });
  expect(pageOptions(valuesOf())).toEqual({});
  for (const limit of ["0", "101", "1.5", "ten", ""]) {
    expect(() => pageOptions(valuesOf(`--limit=${limit}`))).toThrow("is not a number from 1 to 100");
  }
  expect(statusOption(valuesOf("--status=suspended"))).toBe("suspended");
  expect(() => statusOption(valuesOf("--status=gone"))).toThrow("Pass active or suspended");
});

it("rejects options that do not exist, and options without their value", () => {
  expect(() => valuesOf("--reasn=x")).toThrow("--reasn");
  expect(() => valuesOf("--reason")).toThrow("--reason");
});
