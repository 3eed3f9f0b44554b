import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import type { KindOfObject } from "../../src/do/kind-of-object.js";
import { upToDate } from "../../src/do/up-to-date.js";

const kind = {
  authorize() {},
  context: () => ({}),
  room: () => ({}) as never,
  internal: () => "answer",
  tables: () => ({}),
} satisfies KindOfObject;

it("an object that is up to date is as it was", () => {
  const reports: unknown[] = [];
  const same = { ...kind, start() {} };
  expect(upToDate(same, (report) => reports.push(report))).toBe(same);
  expect(reports).toEqual([]);
});

it("an object that could not be brought up to date says so to every call, and once to the app", () => {
  const cause = new Error('The migration "x" failed.');
  const reports: unknown[] = [];
  const held = upToDate(
    {
      ...kind,
      start() {
        throw cause;
      },
    },
    ({ error }) => reports.push(error),
  );
  expect(reports).toEqual([cause]);
  for (const call of [held.authorize, held.internal, held.tables]) {
    let thrown: unknown;
    try {
      (call as () => unknown)();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TRPCError);
    expect(thrown).toMatchObject({ code: "SERVICE_UNAVAILABLE", cause });
  }
});
