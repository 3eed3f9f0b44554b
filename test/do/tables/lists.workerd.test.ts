import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { withTables } from "./with-tables.js";

const fields = {
  text: z.string(),
  real: z.number(),
  int: z.int(),
  flag: z.boolean(),
  at: z.date(),
  big: z.bigint(),
  bytes: z.instanceof(Uint8Array),
  kind: z.enum(["it's", "", "ü"]),
  json: z.array(z.json()),
};
type Name = keyof typeof fields;
const optional = Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, type.nullable()]));
const definitions = { all: table(z.object(optional as { [TName in Name]: z.ZodNullable<(typeof fields)[TName]> })) };

const values: Record<Name, fc.Arbitrary<unknown>> = {
  text: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\0", "a\0b", "\uFFFD", '"', "\\", "1", "null")),
  real: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, 2 ** -1022, 2 ** 53, 0.1, 1e23, 0),
  ),
  int: fc.maxSafeInteger(),
  flag: fc.boolean(),
  at: fc.date({ noInvalidDate: true }),
  big: fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n }),
  bytes: fc.uint8Array(),
  kind: fc.constantFrom("it's", "", "ü"),
  json: fc.array(fc.jsonValue({ noUnicodeString: false } as never), { maxLength: 3 }).map((list) => normal(list)),
};

/** JSON as it is read back: it has one zero, and no refused keys. */
function normal(list: readonly unknown[]): unknown[] {
  return JSON.parse(JSON.stringify(list).replaceAll(/__proto__|constructor|prototype/g, "key")) as unknown[];
}

const nothing = Object.fromEntries(Object.keys(fields).map((name) => [name, null])) as never;

describe("in and notIn", () => {
  it.each(Object.keys(fields) as Name[])("find exactly the rows of a list of any length: %s", (name) =>
    withTables(definitions, ({ tables, storage }) => {
      const row = (value: unknown): never => ({ ...(nothing as object), [name]: value }) as never;
      fc.assert(
        fc.property(values[name], fc.array(fc.option(values[name]), { maxLength: 12 }), (value, list) => {
          storage.transactionSync(() => {
            const { id } = tables.all.create(row(value));
            const empty = tables.all.create(row(null));
            const query = tables.all as never as Query;
            const ids = (found: Query): unknown[] => found.all().map((each) => each.id);
            // A list finds the rows that "==" finds for its values.
            const same = list.some((each) => ids(query.where(name, "==", each)).includes(id));
            const hasNull = list.includes(null);
            const expected = [...(same ? [id] : []), ...(hasNull ? [empty.id] : [])];
            const long = [...list, ...Array<unknown>(300).fill(list[0] ?? value)];
            expect(new Set(ids(query.where(name, "in", [value])))).toEqual(new Set([id]));
            expect(new Set(ids(query.where(name, "in", list)))).toEqual(new Set(expected));
            const others = [id, empty.id].filter((each) => !expected.includes(each));
            expect(new Set(ids(query.where(name, "notIn", list)))).toEqual(new Set(others));
            expect(ids(query.where(name, "in", [...long, value]))).toContain(id);
            expect(
              query
                .where(name, "in", [...long, value])
                .orderBy(name)
                .page({ limit: 1 }).items,
            ).toHaveLength(1);
            tables.all.deleteWhere((is) => is("id", "in", [id, empty.id]));
          });
        }),
        { numRuns: 60 },
      );
      expect(tables.all.count()).toBe(0);
    }),
  );

  it("accept a hundred thousand values, with every operation of a query", () =>
    withTables(definitions, ({ tables }) => {
      let row = tables.all.create({ ...(nothing as object), text: "x", int: 1 } as never);
      const list = Array.from({ length: 100_000 }, (_, index) => `${index}-${"ü".repeat(20)}`);
      for (const names of [
        [...list, "x"],
        ["x", ...list],
      ]) {
        const query = tables.all.where("text", "in", names).where("int", "==", 1).orderBy("int", "desc");
        expect(query.all()).toEqual([row]);
        expect(query.limit(1).offset(0).all()).toEqual([row]);
        expect([query.count(), query.exists(), query.page().items.length]).toEqual([1, true, 1]);
        expect(tables.all.updateWhere((is) => is("text", "in", names), { int: 1 })).toBe(1);
        expect(tables.all.updateWhere((is) => is.not(is("text", "in", names)), { int: 2 })).toBe(0);
        row = tables.all.where("int", "==", 1).all()[0] ?? row;
      }
      expect(tables.all.where("text", "in", list).count()).toBe(0);
      expect(tables.all.deleteWhere((is) => is("text", "in", [...list, "x"]))).toBe(1);
    }));

  it("return pages for a query with a long list", () =>
    withTables(definitions, ({ tables }) => {
      const rows = tables.all.createMany(
        Array.from({ length: 5 }, (_, int) => ({ ...(nothing as object), int })) as never,
      );
      const list = Array.from({ length: 500 }, (_, index) => index);
      const query = tables.all.where("int", "in", list).orderBy("int");
      const first = query.page({ limit: 2 });
      const second = query.page({ limit: 9, cursor: first.nextCursor });
      expect([...first.items, ...second.items]).toEqual(rows);
    }));
});

interface Query {
  where(field: string, operator: string, value: unknown): Query;
  orderBy(field: string): Query;
  page(options: { limit: number }): { items: unknown[] };
  all(): { id: string }[];
}
