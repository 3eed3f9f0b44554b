import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ColumnType } from "../../../src/router/schema/column.js";
import { decodeBigint, encodeBigint } from "../../../src/do/tables/codec/bigint-codec.js";
import { codecs, encodeColumn } from "../../../src/do/tables/codec/column-codec.js";
import { decodeJson, encodeJson } from "../../../src/do/tables/codec/json-codec.js";
import { prefixRange } from "../../../src/do/tables/query/prefix-range.js";

const refused: [type: ColumnType, value: unknown][] = [
  ["text", 1],
  ["text", "\ud800"],
  ["text", "a\udc00b"],
  ["real", "1"],
  ["real", Number.NaN],
  ["real", Number.POSITIVE_INFINITY],
  ["integer", 1.5],
  ["integer", 2 ** 53],
  ["integer", 1n],
  ["boolean", 1],
  ["boolean", "true"],
  ["date", 0],
  ["date", new Date(Number.NaN)],
  ["date", "2020-01-01"],
  ["bigint", 1],
  ["bigint", 10n ** 40n],
  ["bytes", "text"],
  ["bytes", [1, 2]],
  ["json", () => 1],
  ["json", Symbol("x")],
  ["json", new (class {})()],
  ["json", new URL("https://a.test")],
  ["json", { a: Number.NaN }],
  ["json", { a: new Date(Number.NaN) }],
  ["json", ["\ud800"]],
  ["json", { "\ud800": 1 }],
  ["json", JSON.parse('{"__proto__":1}')],
];

describe("codecs", () => {
  it.each(refused)("refuse in a column of %s the value %o", (type, value) => {
    expect(() => codecs[type].encode(value)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it("store one zero", () => {
    for (const type of ["real", "integer"] as const) expect(Object.is(codecs[type].encode(-0), 0)).toBe(true);
  });

  it("store NULL only in optional and nullable columns", () => {
    expect(encodeColumn({ name: "a", type: "text", whenNull: "undefined" }, null)).toBeNull();
    expect(encodeColumn({ name: "a", type: "text", whenNull: "null" }, undefined)).toBeNull();
    expect(() => encodeColumn({ name: "a", type: "text", whenNull: "never" }, null)).toThrow("must have a value");
  });
});

describe("bigint", () => {
  const bigints = fc.bigInt({ min: -(10n ** 40n) + 1n, max: 10n ** 40n - 1n });

  it("is read as it was stored", () => {
    fc.assert(fc.property(bigints, (value) => decodeBigint(encodeBigint(value)) === value));
  });

  it("sorts like the number", () => {
    const near = fc.tuple(bigints, fc.bigInt({ min: -200n, max: 200n })).map(([one, by]) => [one, one + by] as const);
    const small = fc.tuple(fc.bigInt({ min: -2000n, max: 2000n }), fc.bigInt({ min: -2000n, max: 2000n }));
    fc.assert(
      fc.property(fc.oneof(fc.tuple(bigints, bigints), near, small), ([one, other]) => {
        fc.pre([one, other].every((value) => value < 10n ** 40n && value > -(10n ** 40n)));
        return one < other === encodeBigint(one) < encodeBigint(other);
      }),
    );
  });

  it.each([
    [0n, "1010"],
    [5n, "1015"],
    [12n, "10212"],
    [-5n, "0984"],
    [-12n, "09787"],
  ])("is encoded so that it sorts: %o as %s", (value, text) => {
    expect(encodeBigint(value)).toBe(text);
  });
});

describe("JSON", () => {
  const marked = { at: new Date(5), list: [undefined, 1n, new Uint8Array([1, 2])], $: "date", deep: { $: { $: 1 } } };

  it("marks values that JSON cannot represent", () => {
    expect(encodeJson(new Date(5))).toBe('{"$":"date","value":5}');
    expect(decodeJson(encodeJson(marked))).toEqual(marked);
  });

  it("stores plain JSON as it is, with sorted keys", () => {
    expect(encodeJson({ b: [1, "x", null, true], a: { d: undefined, c: 1 } })).toBe(
      '{"a":{"c":1},"b":[1,"x",null,true]}',
    );
  });

  it("is read as it was stored", () => {
    const leaf = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      fc.boolean(),
      fc.constant(null),
      fc.date({ noInvalidDate: true }),
      fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n }),
      fc.uint8Array(),
    );
    const key = fc
      .oneof(fc.constantFrom("$", "value", "a", "1"), fc.string())
      .filter((name) => !["__proto__", "constructor", "prototype"].includes(name));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("tree")),
        fc.dictionary(key, tie("tree"), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(decodeJson(encodeJson(value))).toEqual(value);
      }),
    );
  });

  it("refuses values that would take forever, before it starts", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(() => encodeJson(cyclic)).toThrow("nested deeper");
    const long: unknown[] = [];
    long.length = 2 ** 31;
    expect(() => encodeJson(long)).toThrow("more than 100000 values");
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = { deep };
    expect(() => encodeJson(deep)).toThrow("nested deeper");
  });
});

describe("prefixRange", () => {
  it.each([
    ["a", "b"],
    ["ab", "ac"],
    ["\ud7ff", "\ue000"],
    ["a\u{10ffff}", "b"],
    ["%", "&"],
    ["", undefined],
    ["\u{10ffff}", undefined],
  ])("of %j ends at %j", (prefix, to) => {
    expect(prefixRange(prefix)).toEqual({ from: prefix, to });
  });
});
