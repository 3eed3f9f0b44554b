import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const fields = Array.from({ length: 97 }, (_, position) => `f${position}`);
const definitions = { all: table(z.object(Object.fromEntries(fields.map((name) => [name, z.int().optional()])))) };
const values = fc.option(fc.constantFrom(0, 1), { nil: undefined });
const rows = fc.array(fc.record(Object.fromEntries(fields.map((name) => [name, values]))), { maxLength: 8 });
const directions = fc.constantFrom("asc" as const, "desc" as const);

describe("orders of many fields", () => {
  it("page through all rows once, in the order of `all`", () =>
    withTables(definitions, ({ tables, storage }) => {
      fc.assert(
        fc.property(
          rows,
          fc.uniqueArray(fc.tuple(fc.constantFrom(...fields), directions), {
            minLength: 1,
            maxLength: 97,
            selector: ([name]) => name,
            size: "max",
          }),
          // Many rows are equal in the first fields, so that the later fields decide.
          fc.nat({ max: 97 }),
          (created, order, equal) => {
            storage.transactionSync(() => {
              const same = Object.fromEntries(order.slice(0, equal).map(([name]) => [name, 1]));
              tables.all.deleteWhere((is) => is("id", "!=", ""));
              tables.all.createMany(created.map((row) => ({ ...row, ...same })));
              const [[first, direction], ...rest] = order as [(typeof order)[0], ...typeof order];
              let query = tables.all.orderBy(first, direction);
              for (const [name, each] of rest) query = query.orderBy(name, each);
              const paged: unknown[] = [];
              let after: string | null = null;
              do {
                const page: ReturnType<typeof query.page> = query.page({ limit: 1, cursor: after });
                paged.push(...page.items);
                after = page.nextCursor;
              } while (after !== null);
              expect(paged).toEqual(query.all());
            });
          },
        ),
        { numRuns: 40 },
      );
    }));

  it("sort by a field once, however often it is named", () =>
    withTables(definitions, ({ tables }) => {
      tables.all.createMany([{ f1: 2 }, { f1: 1 }, { f1: 3 }]);
      let query = tables.all.orderBy("f1");
      for (let count = 0; count < 300; count++) query = query.orderBy("f1", "desc");
      expect(query.all().map(({ f1 }) => f1)).toEqual([1, 2, 3]);
      const { nextCursor } = query.page({ limit: 1 });
      expect(query.page({ cursor: nextCursor }).items.map(({ f1 }) => f1)).toEqual([2, 3]);
    }));

  it.each([10_000, 50_000])("refuse %i conditions without values, which make a statement too long", (length) =>
    withTables(definitions, ({ tables }) => {
      const many = (is: Parameters<Parameters<typeof tables.all.deleteWhere>[0]>[0]) =>
        is.or(...Array.from({ length }, () => is("f1", "isNull", true)));
      expect(codeOf(() => tables.all.where(many).all())).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.all.updateWhere(many, { f1: 1 }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.all.deleteWhere(many))).toBe("BAD_REQUEST");
    }),
  );
});
