import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import type { ObjectHandler } from "../../src/do/objects/object-handler.js";
import { startOrRefuse } from "../../src/do/runtime/start-or-refuse.js";

const kind = {
  authorize() {},
  context: () => ({}),
  services: () => ({}) as never,
  internal: () => true,
  tables: () => ({}),
} satisfies ObjectHandler;

const alarms = {
  suspend() {
    throw new Error("The alarms of up-to-date framework tables run on.");
  },
};

it("does not change an object that is up to date", () => {
  const reports: unknown[] = [];
  const same = { ...kind, start() {} };
  expect(startOrRefuse(same, { alarms, onError: (report) => void reports.push(report) })).toBe(same);
  expect(reports).toEqual([]);
});

it("refuses every call of an object that could not be upgraded, and reports it to the app once", () => {
  const cause = new Error('The migration "x" failed.');
  const reports: unknown[] = [];
  const refusing = startOrRefuse(
    {
      ...kind,
      start() {
        throw cause;
      },
    },
    { alarms, onError: ({ error }) => void reports.push(error) },
  );
  expect(reports).toEqual([cause]);
  for (const call of [refusing.authorize, refusing.internal, refusing.tables]) {
    let thrown: unknown;
    try {
      (call as () => unknown)();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TRPCError);
    expect(thrown).toMatchObject({ code: "SERVICE_UNAVAILABLE", reason: "UPGRADE_FAILED", cause });
  }
});
