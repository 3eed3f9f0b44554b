import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ConditionBuilder } from "../../../src/router/schema/conditions.js";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const things = table(z.object({ n: z.int(), text: z.string().optional(), flag: z.boolean().optional() }));
const definitions = { things, others: table(z.object({ n: z.int() })) };
type Is = ConditionBuilder<typeof things>;

const rows = [
  { n: 1, text: "a", flag: true },
  { n: 2, text: "b", flag: false },
  { n: 3, flag: true },
  { n: 4, text: "a" },
];

describe("groups of conditions", () => {
  const cases: [title: string, which: (is: Is) => ReturnType<Is["and"]>, found: number[]][] = [
    ["one", (is) => is("flag", "==", true), [1, 3]],
    ["or", (is) => is.or(is("text", "==", "b"), is("flag", "==", true)), [1, 2, 3]],
    ["and", (is) => is.and(is("text", "==", "a"), is("flag", "==", true)), [1]],
    ["not, of rows without a value too", (is) => is.not(is("text", "==", "a")), [2, 3]],
    ["not of an order", (is) => is.not(is("text", ">", "a")), [1, 3, 4]],
    ["not of not", (is) => is.not(is.not(is("text", "==", "a"))), [1, 4]],
    ["not of a group", (is) => is.not(is.or(is("text", "==", "a"), is("flag", "==", true))), [2]],
    ["isNull", (is) => is.or(is("text", "isNull", true), is("flag", "isNull", true)), [3, 4]],
    ["all of none", (is) => is.and(), [1, 2, 3, 4]],
    ["any of none", (is) => is.or(), []],
    ["not any of none", (is) => is.not(is.or()), [1, 2, 3, 4]],
    ["90 of them", (is) => is.or(...Array.from({ length: 90 }, (_, n) => is("n", "==", n + 3))), [3, 4]],
    ["500 without values", (is) => is.and(...Array.from({ length: 500 }, () => is("text", "isNull", true))), [3]],
  ];

  it("find the rows that satisfy them", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(rows);
      for (const [title, which, found] of cases) {
        const numbers = tables.things.where(which).orderBy("n").all();
        expect(
          numbers.map(({ n }) => n),
          title,
        ).toEqual(found);
        expect(tables.things.where(which).count(), title).toBe(found.length);
      }
      const both = tables.things.where("n", ">", 1).where((is) => is.or(is("flag", "==", true), is("n", "==", 4)));
      expect(both.orderBy("n", "desc").first()).toMatchObject({ n: 4 });
      expect(both.count()).toBe(2);
    }));

  it("refuse invalid conditions, and those that nest too deep", () =>
    withTables(definitions, ({ tables }) => {
      const nested = (is: Is, depth: number): ReturnType<Is> =>
        depth === 0 ? is("n", "==", 1) : is.not(is.or(nested(is, depth - 1), is("n", "==", 2)));
      expect(tables.things.where((is) => nested(is, 4)).count()).toBe(0);
      expect(codeOf(() => tables.things.where((is) => nested(is, 5)))).toBe("BAD_REQUEST");
      for (const given of [null, {}, { group: "and", members: [] }, "1 = 1", () => "1 = 1", () => ({ group: "and" })]) {
        expect(codeOf(() => tables.things.where(given as never))).toBe("BAD_REQUEST");
        expect(codeOf(() => tables.things.deleteWhere(given as never))).toBe("BAD_REQUEST");
      }
      let stolen: unknown;
      tables.others.where((is) => (stolen = is("n", "==", 1)) as ReturnType<typeof is>);
      expect(codeOf(() => tables.things.where(() => stolen as never))).toBe("BAD_REQUEST");
      const many = (is: Is) => is.or(...Array.from({ length: 101 }, (_, n) => is("n", "==", n)));
      expect(codeOf(() => tables.things.where(many).all())).toBe("BAD_REQUEST");
    }));

  it("can be combined with a selection of fields", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(rows);
      const query = tables.things.select("text", "n", "text").orderBy("flag").orderBy("n");
      expect(query.all()).toEqual([{ n: 4, text: "a" }, { n: 2, text: "b" }, { n: 1, text: "a" }, { n: 3 }]);
      expect(query.first()).toEqual({ n: 4, text: "a" });
      for (const fields of [[], ["no"], ["n; drop table things"], [null]]) {
        expect(codeOf(() => tables.things.select(...(fields as ["n"])))).toBe("BAD_REQUEST");
      }
    }));
});
