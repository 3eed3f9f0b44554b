import { describe, expect, it } from "vitest";
import superjson from "superjson";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { createTableSet } from "../../../src/do/tables/table-set.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const inherited = ["toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString"];
const shapeOf = <TType extends z.ZodType>(type: TType) => Object.fromEntries(inherited.map((name) => [name, type]));

describe("fields with the names of methods that every object has", () => {
  const required = { all: table(z.object(shapeOf(z.string()))) };

  it("are created, read, updated and compared", () =>
    withTables(required, ({ tables, sql }) => {
      const values = Object.fromEntries(inherited.map((name) => [name, `${name}()`]));
      const row = tables.all.create(values);
      expect(tables.all.findById(row.id)).toEqual({ ...values, ...row });
      for (const name of inherited) {
        const updated = tables.all.update(row.id, { [name]: "new" });
        expect(updated).toMatchObject({ [name]: "new" });
        expect(tables.all.where(name, "==", "new").orderBy(name).select(name).all()).toEqual([{ [name]: "new" }]);
        expect(tables.all.updateWhere((is) => is(name, "==", "new"), { [name]: "newer" })).toBe(1);
        expect(tables.all.findById(row.id)).toMatchObject({ [name]: "newer" });
      }
      expect(sql.exec("SELECT count(*) AS count FROM _changes WHERE type = 'update'").one()["count"]).toBe(12);
    }));

  it.each([
    ["optional", z.string().optional(), undefined],
    ["nullable", z.string().nullable().default(null), null],
    ["with a default", z.string().default("none"), "none"],
  ])("may be left out when they are %s", (_name, type, value) =>
    withTables({ all: table(z.object({ a: z.int(), ...shapeOf(type) })) }, ({ tables }) => {
      const row = tables.all.create({ a: 1 });
      for (const name of inherited) expect(row[name as "a"]).toBe(value);
      expect(tables.all.first()).toEqual(row);
      expect(superjson.parse(superjson.stringify(row))).toEqual(row);
      expect(tables.all.update(row.id, { a: 2 })).toMatchObject({ a: 2, toString: value });
      expect(tables.all.createMany([{ a: 3, valueOf: "x" } as never])).toMatchObject([{ a: 3, valueOf: "x" }]);
    }),
  );

  it.each([
    ["these fields", shapeOf(z.string().optional())],
    ["no such field", {}],
  ])("do not take values from a prototype, in a table with %s", (_name, shape) =>
    withTables({ all: table(z.object({ a: z.int(), ...shape })) }, ({ tables }) => {
      expect(codeOf(() => tables.all.create(Object.create({ a: 1 })))).toBe("BAD_REQUEST");
      expect(tables.all.create(Object.assign(Object.create(null), { a: 1 }))).toMatchObject({ a: 1 });
      expect(tables.all.create(Object.assign(Object.create({ b: 1 }), { a: 2 }))).toMatchObject({ a: 2 });
    }),
  );

  it("follow the rules of a whole row", () => {
    const schema = z.object({ a: z.int(), ...shapeOf(z.string().optional()) }).refine((row) => row.a < 5);
    return withTables({ all: table(schema) }, ({ tables }) => {
      const row = tables.all.create({ a: 1 });
      expect(tables.all.update(row.id, { a: 2 }).a).toBe(2);
      expect(tables.all.update(row.id, { toString: "x" } as never)).toMatchObject({ a: 2, toString: "x" });
    });
  });

  it("are added automatically in a later version, like tables", () =>
    withTables({ all: table(z.object({ a: z.int() })) }, ({ tables, sql, storage }) => {
      const { id } = tables.all.create({ a: 1 });
      const later = createTableSet({
        all: table(z.object({ a: z.int(), toString: z.string().default("later") }), { indexes: ["toString"] }),
        ...Object.fromEntries(["constructor", ...inherited].map((name) => [name, table(z.object({ a: z.int() }))])),
      });
      storage.transactionSync(() => later.update(sql));
      storage.transactionSync(() => later.update(sql));
      expect(later.rowsById(sql, "all", [id]).get(id)).toMatchObject({ a: 1, toString: "later" });
      for (const name of inherited) expect(later.rowsById(sql, name, ["x"]).size).toBe(0);
    }));

  it.each(["constructor", "prototype", "__proto__"])("are refused at the start when superjson refuses %s", (name) => {
    expect(() => table(z.object(Object.fromEntries([[name, z.string()]])))).toThrow(`"${name}"`);
  });
});
