import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Column } from "../../../src/router/schema/column.js";
import { describeField } from "../../../src/router/schema/describe-field.js";

const transformed = z.string().transform((text) => text.length);
const bytes = z.instanceof(Uint8Array);
const nested: z.ZodType = z.lazy(() => z.object({ children: z.array(nested) }));

const mapped: [name: string, schema: z.ZodType, column: Omit<Column, "name" | "whenNull"> & { whenNull?: string }][] = [
  ["string", z.string(), { type: "text" }],
  ["a string format", z.email(), { type: "text" }],
  ["template literal", z.templateLiteral(["a-", z.number()]), { type: "text" }],
  ["number", z.number(), { type: "real" }],
  ["number with bounds", z.number().min(1).max(5), { type: "real" }],
  ["z.int()", z.int(), { type: "integer" }],
  [".int()", z.number().int().positive(), { type: "integer" }],
  [".int() later", z.number().positive().int(), { type: "integer" }],
  ["z.int32()", z.int32(), { type: "integer" }],
  ["z.uint32()", z.uint32(), { type: "integer" }],
  ["z.float64()", z.float64(), { type: "real" }],
  ["coerced", z.coerce.number(), { type: "real" }],
  ["boolean", z.boolean(), { type: "boolean" }],
  ["stringbool", z.stringbool(), { type: "boolean" }],
  ["Date", z.date(), { type: "date" }],
  ["bigint", z.bigint(), { type: "bigint" }],
  ["z.int64()", z.int64(), { type: "bigint" }],
  ["bytes", z.instanceof(Uint8Array), { type: "bytes" }],
  ["bytes with a refinement", bytes.refine(({ length }) => length <= 5), { type: "bytes" }],
  ["bytes with checks", bytes.check(z.refine(() => true)).superRefine(() => {}), { type: "bytes" }],
  ["described bytes", bytes.describe("a file").meta({ a: 1 }).brand("file"), { type: "bytes" }],
  ["a custom check of bytes", z.custom<Uint8Array>((value) => value instanceof Uint8Array), { type: "bytes" }],
  ["bytes in JSON", z.object({ a: z.array(bytes.refine(() => true)) }), { type: "json" }],
  [
    "bytes after a transform",
    z
      .string()
      .transform(() => new Uint8Array())
      .pipe(bytes.refine(() => true)),
    { type: "bytes" },
  ],
  ["enum", z.enum(["a", "b"]), { type: "text", values: ["a", "b"] }],
  ["enum of numbers", z.enum({ low: 1, high: 2 }), { type: "integer", values: [1, 2] }],
  ["literal", z.literal("a"), { type: "text", values: ["a"] }],
  ["literals", z.literal(["a", "b"]), { type: "text", values: ["a", "b"] }],
  ["literal fractions", z.literal([1, 1.5]), { type: "real", values: [1, 1.5] }],
  ["literal boolean", z.literal(true), { type: "boolean", values: [true] }],
  ["literal bigint", z.literal(5n), { type: "bigint", values: [5n] }],
  ["mixed literals", z.literal(["a", 1]), { type: "json" }],
  ["a literal or null", z.literal(["a", null]), { type: "text", values: ["a"], whenNull: "null" }],
  ["object", z.object({ at: z.date(), n: z.bigint(), deep: z.object({ x: z.any() }) }), { type: "json" }],
  ["array", z.array(z.string()), { type: "json", list: true }],
  ["tuple", z.tuple([z.string(), z.number()]).rest(z.date()), { type: "json", list: true }],
  ["record", z.record(z.string(), z.unknown()), { type: "json" }],
  ["any JSON", z.json(), { type: "json", whenNull: "null" }],
  ["a recursive type", nested, { type: "json" }],
  ["mixed union", z.union([z.string(), z.number()]), { type: "json" }],
  ["union of texts", z.union([z.email(), z.url()]), { type: "text" }],
  ["union of numbers", z.union([z.int(), z.number()]), { type: "real" }],
  ["union of literals", z.union([z.literal("a"), z.literal("b")]), { type: "text", values: ["a", "b"] }],
  ["union with a wider one", z.union([z.literal("a"), z.string()]), { type: "text" }],
  ["union of arrays", z.union([z.array(z.string()), z.array(z.int())]), { type: "json", list: true }],
  ["or null", z.string().or(z.null()), { type: "text", whenNull: "null" }],
  ["or undefined", z.union([z.int(), z.undefined()]), { type: "integer", whenNull: "undefined" }],
  [
    "discriminated union",
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a") }),
      z.object({ kind: z.literal("b"), at: z.date() }),
    ]),
    { type: "json" },
  ],
  ["intersection", z.object({ a: z.string() }).and(z.object({ b: z.string() })), { type: "json" }],
  ["optional", z.string().optional(), { type: "text", whenNull: "undefined" }],
  ["nullable", z.string().nullable(), { type: "text", whenNull: "null" }],
  ["nullish", z.string().nullish(), { type: "text", whenNull: "null" }],
  ["nullable optional", z.string().nullable().optional(), { type: "text", whenNull: "null" }],
  ["default", z.string().default("a"), { type: "text", hasDefault: true }],
  ["default after optional", z.string().optional().default("a"), { type: "text", hasDefault: true }],
  ["default of a nullable", z.string().nullable().default(null), { type: "text", hasDefault: true, whenNull: "null" }],
  ["prefault", z.string().prefault("a"), { type: "text", hasDefault: true }],
  ["catch", z.int().catch(1), { type: "integer", hasDefault: true }],
  ["readonly", z.array(z.string()).readonly(), { type: "json", list: true }],
  ["brand", z.string().brand("x"), { type: "text" }],
  ["refine", z.string().refine((text) => text !== ""), { type: "text" }],
  ["trim", z.string().trim().toLowerCase(), { type: "text" }],
  ["nonoptional", z.string().optional().nonoptional(), { type: "text" }],
  ["transform piped on", transformed.pipe(z.int()), { type: "integer" }],
  ["preprocess", z.preprocess(String, z.string().nullable()), { type: "text", whenNull: "null" }],
  ["default before a pipe", z.string().default("a").pipe(z.string()).readonly(), { type: "text", hasDefault: true }],
  ["codec", z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: String }), { type: "date" }],
];

describe("a zod type with a column", () => {
  it.each(mapped)("is mapped: %s", (_, schema, expected) => {
    expect(describeField("field", schema)).toEqual({ name: "field", whenNull: "never", ...expected });
  });
});

const unsupported: [name: string, schema: z.ZodType, reason: RegExp][] = [
  ["transform", transformed, /\.pipe\(/],
  ["optional transform", transformed.optional(), /\.pipe\(/],
  ["transform in an object", z.object({ a: z.object({ b: transformed }) }), /\.pipe\(/],
  ["Map", z.map(z.string(), z.string()), /z\.record/],
  ["Set in an array", z.array(z.set(z.string())), /z\.array/],
  ["any", z.any(), /z\.json\(\)/],
  ["unknown", z.unknown().optional(), /z\.json\(\)/],
  ["a class", z.instanceof(URL), /z\.object/],
  ["custom", z.custom<string>(), /z\.object/],
  ["null", z.null(), /no value except null and undefined/],
  ["undefined", z.undefined(), /no value except null and undefined/],
  ["never", z.never(), /zod "never"/],
  ["NaN", z.nan(), /zod "nan"/],
  ["symbol", z.symbol(), /zod "symbol"/],
  ["void", z.void(), /zod "void"/],
  ["file", z.file(), /Uint8Array/],
  ["promise", z.promise(z.string()), /zod "promise"/],
  ["function in a union", z.union([z.string(), z.array(z.function())]), /zod "function"/],
  ["two kinds at once", z.intersection(z.string(), z.number()), /intersection/],
  ["an enum with NUL", z.enum(["a\0b"]), /NUL/],
];

describe("a zod type without a column", () => {
  it.each(unsupported)("is rejected with the fix: %s", (_, schema, reason) => {
    expect(() => describeField("field", schema)).toThrow(reason);
  });
});
