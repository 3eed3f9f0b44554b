import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../src/router/index.js";
import { mergeStored } from "../../src/router/stored-fields.js";

const twice = z
  .string()
  .transform((text) => `${text}${text}`)
  .pipe(z.string());
const json = z.codec(z.string(), z.array(z.int()), {
  decode: (text) => JSON.parse(text) as number[],
  encode: (list) => JSON.stringify(list),
});

const kinds: [name: string, field: z.ZodType, input: unknown, output: unknown][] = [
  ["stringbool", z.stringbool(), "no", false],
  ["a codec", json, "[1]", [1]],
  ["a transform and a pipe", twice, "ab", "abab"],
  ["a transform", z.string().transform((text) => text.length), "abc", 3],
  ["preprocess", z.preprocess((value) => Number(value), z.int()), "5", 5],
  ["coerce", z.coerce.date(), "2027-01-01", new Date("2027-01-01")],
  ["trim", z.string().trim(), " a ", "a"],
  ["an object with a codec", z.object({ a: json }), { a: "[2]" }, { a: [2] }],
  ["an array of transforms", z.array(twice), ["a"], ["aa"]],
  ["a default", z.string().default("x"), "y", "y"],
  ["nullable", z.stringbool().nullable(), null, null],
  ["catch", z.int().catch(1), "x", 1],
];

describe("mergeStored", () => {
  it.each(kinds)("stores the result of %s once, and keeps it", (_name, field, input, output) => {
    const schema = z.object({ field, other: z.string().optional() });
    const first = mergeStored(schema, {}, { field: input }).data;
    expect(first).toEqual({ field: output });
    expect(mergeStored(schema, first ?? {}, { other: "a" }).data).toEqual({ field: output, other: "a" });
    expect(mergeStored(schema, first ?? {}, { other: undefined }).data).toEqual({ field: output });
    expect(mergeStored(schema, first ?? {}, {}).data).toEqual({ field: output });
  });

  it("returns an error that can be the cause of a TRPCError", () => {
    const { error } = mergeStored(z.object({ field: z.string() }), {}, { field: 1 });
    expect(new TRPCError({ code: "BAD_REQUEST", cause: error }).cause).toBeInstanceOf(z.ZodError);
  });

  it("fills in defaults of new fields, and requires new fields without a default", () => {
    const schema = z.object({ a: z.string(), b: z.int().default(1), c: z.string().optional() });
    expect(mergeStored(schema, { a: "x" }, {}).data).toEqual({ a: "x", b: 1 });
    expect(mergeStored(schema, {}, { c: "x" }).error?.issues).toMatchObject([{ path: ["a"] }]);
  });

  it("rejects a stored field that no longer matches the schema", () => {
    expect(mergeStored(z.object({ a: z.int() }), { a: "x" }, {}).success).toBe(false);
    expect(mergeStored(z.object({ a: z.stringbool() }), { a: 5 }, {}).success).toBe(false);
  });

  it("checks the rules of the whole object against the stored fields", () => {
    const schema = z.object({ from: z.int(), to: json }).refine(({ from, to }) => to.includes(from));
    expect(mergeStored(schema, { from: 1, to: [1, 2] }, { from: 2 }).success).toBe(true);
    expect(mergeStored(schema, { from: 1, to: [1, 2] }, { from: 3 }).success).toBe(false);
  });

  it("treats unknown keys like zod", () => {
    const shape = { a: z.string().optional() };
    expect(mergeStored(z.object(shape), { b: 1 }, { c: 1 }).data).toEqual({});
    expect(mergeStored(z.looseObject(shape), { b: 1 }, { c: 1 }).data).toEqual({ b: 1, c: 1 });
    expect(mergeStored(z.strictObject(shape), {}, { c: 1 }).error?.issues).toMatchObject([{ keys: ["c"] }]);
    expect(mergeStored(z.object(shape).catchall(json), { b: [1] }, { c: "[2]" }).data).toEqual({ b: [1], c: [2] });
  });
});

describe("names of fields that every object has", () => {
  const names = ["constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__"];
  const options = ["profile", "fields", "organizationSettings", "session"];

  it.each(names.flatMap((name) => options.map((option) => [option, name])))(
    "are rejected at start, in `%s`: %s",
    (option, name) => {
      const schema = z.object({ [name as "a"]: z.string().optional() });
      expect(() => initUserDO({ [option as "profile"]: schema })).toThrow(
        `\`${option}\` of initUserDO has a field "${name}"`,
      );
    },
  );
});
