import { describe, expect, it } from "vitest";
import fc from "fast-check";
import superjson from "superjson";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { decodeJson, encodeJson } from "../../../src/do/tables/codec/json-codec.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const reserved = ["constructor", "prototype", "__proto__"];
const inherited = [...Object.getOwnPropertyNames(Object.prototype), "prototype", "then", "toJSON", "$"];
const allowed = inherited.filter((name) => !reserved.includes(name));
const withKey = (key: string, value: unknown = 1): object => Object.fromEntries([[key, value]]);

const bags = {
  bags: table(
    z.object({ record: z.record(z.string(), z.unknown()), loose: z.looseObject({}), list: z.array(z.json()) }),
  ),
};

describe("keys of stored values", () => {
  it.each(reserved)("refuse %s, wherever it is", (key) =>
    withTables(bags, ({ tables }) => {
      const bad = withKey(key);
      const row = tables.bags.create({ record: {}, loose: {}, list: [] });
      for (const value of [bad, { a: bad }, { a: [bad] }, { a: new Map([["x", bad]]) }, { a: new Set([bad]) }]) {
        const record = { a: value };
        expect(codeOf(() => tables.bags.create({ record, loose: {}, list: [] }))).toBe("BAD_REQUEST");
      }
      const values = { record: { a: bad }, loose: { a: bad }, list: [bad] } as never;
      expect(codeOf(() => tables.bags.create(values))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.bags.update(row.id, values))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.bags.updateWhere((is) => is("id", "==", row.id), values))).toBe("BAD_REQUEST");
      expect(tables.bags.all()).toEqual([row]);
    }),
  );

  it.each(allowed)("store and send %s", (key) =>
    withTables(bags, ({ tables }) => {
      const values = { record: withKey(key, { deep: withKey(key) }), loose: withKey(key), list: [withKey(key)] };
      const { id } = tables.bags.create(values as never);
      const row = tables.bags.findById(id);
      expect(row).toMatchObject(values);
      expect(superjson.parse(superjson.stringify(row))).toEqual(row);
    }),
  );

  it("are skipped in a row that an earlier version stored with them", () =>
    withTables(bags, ({ tables, sql }) => {
      const { id } = tables.bags.create({ record: {}, loose: {}, list: [] });
      const stored =
        '{"a":[{"prototype":2}],"at":{"$":"date","value":5},"constructor":{"b":1},"say":"\\"constructor\\":"}';
      sql.exec("UPDATE bags SET record = ? WHERE id = ?", stored, id);
      const row = tables.bags.findById(id);
      expect(row?.record).toEqual({ a: [{}], at: new Date(5), say: '"constructor":' });
      expect(superjson.parse(superjson.stringify(row))).toEqual(row);
      expect(tables.bags.update(id, { loose: { b: 1 } }).record).toEqual(row?.record);
    }));

  it("are sent when they are accepted", () => {
    const key = fc.oneof(fc.constantFrom(...inherited, "a.b", "a\\.b", "\\", "", "0"), fc.string({ unit: "binary" }));
    const leaf = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, "\u0000", "\uFFFD", "\ud800"),
      fc.date({ noInvalidDate: false }),
      fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n }),
      fc.uint8Array(),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, leaf, tie("list"), tie("object"), tie("map"), tie("set")),
      list: fc.array(tie("any"), { maxLength: 4 }),
      object: fc.dictionary(key, tie("any"), { maxKeys: 4, noNullPrototype: true }),
      map: fc.array(fc.tuple(tie("any"), tie("any")), { maxLength: 3 }).map((entries) => new Map(entries)),
      set: fc.array(tie("any"), { maxLength: 3 }).map((items) => new Set(items)),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        let text: string;
        try {
          text = encodeJson(given);
        } catch {
          return;
        }
        const read = decodeJson(text);
        expect(superjson.parse(superjson.stringify(read))).toEqual(read);
        expect(encodeJson(read)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
