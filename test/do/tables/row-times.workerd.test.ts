import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { reasonOf } from "../../../src/router/reasoned-error.js";
import { table } from "../../../src/router/schema/table.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { signUp } from "../../fixtures/browser.js";
import { assignRole } from "../../fixtures/operators.js";
import { refusalOf } from "../operators/operate.js";
import { withTables } from "./with-tables.js";

const definitions = { notes: table(z.object({ slug: z.string() }), { unique: ["slug"] }) };
const createdAt = new Date("2019-05-06T07:08:09.010Z");
const updatedAt = new Date("2020-01-02T03:04:05.006Z");

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return reasonOf(error);
  }
  return "none";
}

describe("the times of a new row", () => {
  it("are stored as the app itself chose them", () =>
    withTables(
      definitions,
      ({ tables }) => {
        const row = tables.notes.create({ slug: "a", createdAt, updatedAt });
        expect(row).toMatchObject({ slug: "a", createdAt, updatedAt });
        expect(tables.notes.findById(row.id)).toEqual(row);
        expect(tables.notes.create({ slug: "b", createdAt })).toMatchObject({ createdAt, updatedAt: createdAt });
        expect(tables.notes.create({ slug: "c", updatedAt })).toMatchObject({ createdAt: updatedAt, updatedAt });
        const [many] = tables.notes.createMany([{ slug: "d", createdAt, updatedAt }]);
        expect(many).toMatchObject({ createdAt, updatedAt });
        expect(tables.notes.upsert({ slug: "e", createdAt }, { on: "slug" })).toMatchObject({ createdAt });
      },
      { setsTimes: true },
    ));

  it("are now if they are not given", () =>
    withTables(
      definitions,
      ({ tables }) => {
        const before = Date.now();
        const row = tables.notes.create({ slug: "a", createdAt: undefined, updatedAt: undefined });
        expect(row.createdAt.getTime()).toBeGreaterThanOrEqual(before);
        expect(row.updatedAt).toEqual(row.createdAt);
      },
      { setsTimes: true },
    ));

  it("of an existing row stay, and its version changes", () =>
    withTables(
      definitions,
      ({ tables }) => {
        const row = tables.notes.create({ slug: "a", createdAt });
        const updated = tables.notes.upsert({ slug: "a", createdAt: updatedAt }, { on: "slug" });
        expect(updated).toMatchObject({ id: row.id, createdAt });
        expect(updated.updatedAt.getTime()).toBeGreaterThan(updatedAt.getTime());
        expect(refusal(() => tables.notes.update(row.id, { createdAt } as never))).toBe("VALUE_INVALID");
      },
      { setsTimes: true },
    ));

  it.each([
    ["DATE_IN_FUTURE", { createdAt: new Date(Date.now() + 3_600_000) }],
    ["DATE_IN_FUTURE", { updatedAt: new Date(8.64e15) }],
    ["VALUE_INVALID", { createdAt: updatedAt, updatedAt: createdAt }],
    ["VALUE_INVALID", { createdAt: new Date(Number.NaN) }],
    ["VALUE_INVALID", { createdAt: "2020-01-01" }],
    ["VALUE_INVALID", { createdAt: 0 }],
    ["VALUE_INVALID", { createdAt: null }],
  ])("are refused with %s, and nothing is stored: %j", (reason, times) =>
    withTables(
      definitions,
      ({ tables }) => {
        expect(refusal(() => tables.notes.create({ slug: "a", ...times } as never))).toBe(reason);
        expect(tables.notes.count()).toBe(0);
      },
      { setsTimes: true },
    ),
  );

  it("are unknown fields to every other caller", () =>
    withTables(definitions, ({ tables }) => {
      for (const times of [{ createdAt }, { updatedAt }])
        expect(refusal(() => tables.notes.create({ slug: "a", ...times }))).toBe("VALUE_INVALID");
      expect(tables.notes.count()).toBe(0);
    }));
});

describe("a procedure that passes its input to a table", () => {
  const caller = createCaller<AppRouter>(env.BLOG_DO);

  it("accepts the times of a row from the app itself, and from no user", async () => {
    const title = crypto.randomUUID();
    const operator = await signUp();
    await assignRole(operator, "superadmin");
    const input = { title, createdAt };
    expect(await caller.asSystem().announcements.createRaw(input)).toMatchObject({ title, createdAt });
    const calls = [
      () => operator.client.announcements.createRaw.mutate(input),
      () => caller.asUser({ userId: operator.user.id }).announcements.createRaw(input),
    ];
    for (const call of calls) expect(await refusalOf(call())).toBe("BAD_REQUEST VALUE_INVALID");
    expect(await caller.asSystem().announcements.byTitle({ title })).toHaveLength(1);
  });
});
