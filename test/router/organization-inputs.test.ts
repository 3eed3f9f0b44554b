import { describe, expect, it } from "vitest";
import * as z3 from "zod/v3";
import { z } from "zod";
import { initUserDO } from "../../src/router/index.js";

const t = initUserDO();
const base = t.organizationProcedure;
const object = z.object({ name: z.string() });

/** A schema in the form of valibot's. */
const valibot = {
  string: { kind: "schema", type: "string" },
  object: { kind: "schema", type: "object", entries: {} },
};

/** A schema in the form of ArkType's. */
function arkType(...kinds: string[]): unknown {
  return Object.assign(() => {}, { arkKind: "type", overlaps: (kind: string) => kinds.includes(kind) });
}

function start(...schemas: unknown[]): unknown {
  const builder = schemas.reduce<typeof base>((built, schema) => built.input(schema as never) as never, base);
  return t.router({ find: builder.query(() => "ok") });
}

describe("an organization's procedure", () => {
  it.each<[string, unknown]>([
    ["a string", z.string()],
    ["a refined string", z.string().min(1).refine(Boolean)],
    ["an email", z.email()],
    ["a number", z.int()],
    ["a bigint", z.bigint()],
    ["a boolean", z.boolean()],
    ["a date", z.date()],
    ["an enum", z.enum(["a", "b"])],
    ["a literal", z.literal("a")],
    ["null", z.null()],
    ["an array", z.array(object)],
    ["a tuple", z.tuple([z.string()])],
    ["a set", z.set(z.string())],
    ["a map", z.map(z.string(), z.string())],
    ["a nullable string", z.string().nullable()],
    ["a readonly array", z.array(z.string()).readonly()],
    ["a branded string", z.string().brand("id")],
    ["a union without an object", z.union([z.string(), z.number().nullable()])],
    ["a union of unions", z.union([z.string(), z.union([z.number(), z.date()])])],
    ["an intersection with a string", z.intersection(object, z.string())],
    ["a pipe from a string", z.string().transform(Number)],
    ["a codec", z.stringbool()],
    ["a string of Zod 3", z3.z.string()],
    ["a union of Zod 3", z3.z.union([z3.z.string(), z3.z.array(z3.z.string())])],
    ["a refined string of Zod 3", z3.z.string().refine(Boolean)],
    ["a branded string of Zod 3", z3.z.string().brand("id")],
    ["an enum of Zod 3", z3.z.nativeEnum({ a: "a" })],
    ["a string of Valibot", valibot.string],
    ["a nullable string of Valibot", { kind: "schema", type: "nullable", wrapped: valibot.string }],
    ["a union of Valibot", { kind: "schema", type: "union", options: [valibot.string, valibot.string] }],
    ["a pipe of Valibot", { ...valibot.string, pipe: [valibot.string, { kind: "validation", type: "email" }] }],
    ["a string of ArkType", arkType("string")],
  ])("is rejected at start with %s as input, and the message names it", (_name, schema) => {
    const withParser = typeof schema === "function" || "parse" in (schema as object) ? schema : withParse(schema);
    expect(() => start(withParser)).toThrow('"find" has an input schema that does not accept an object');
  });

  it("is rejected if one of several schemas does not accept an object", () => {
    expect(() => start(object, z.string())).toThrow('"find"');
  });

  it.each<[string, unknown]>([
    ["an object", object],
    ["a strict object", z.strictObject({})],
    ["a record", z.record(z.string(), z.number())],
    ["nothing", z.void()],
    ["anything", z.unknown()],
    ["an optional string", z.string().optional()],
    ["a nullish string", z.string().nullish()],
    ["a string with a default", z.string().default("")],
    ["a string that is caught", z.string().catch("")],
    ["a coerced string", z.coerce.string()],
    ["an undefined literal", z.literal(["a", undefined])],
    ["a union with an object", z.union([z.string(), object])],
    ["a discriminated union", z.discriminatedUnion("type", [z.object({ type: z.literal("a") })])],
    ["a pipe from an object", object.transform(({ name }) => name)],
    ["a preprocessed string", z.preprocess((value) => String(value), z.string())],
    ["a lazy schema", z.lazy(() => object)],
    ["an instance", z.instanceof(URL)],
    ["a function", (value: unknown) => value],
    ["an object of Zod 3", z3.z.object({})],
    ["a preprocessed string of Zod 3", z3.z.preprocess((value) => String(value), z3.z.string())],
    ["an optional string of Zod 3", z3.z.string().optional()],
    ["an object of Valibot", valibot.object],
    ["an optional string of Valibot", { kind: "schema", type: "optional", wrapped: valibot.string }],
    ["a union of Valibot", { kind: "schema", type: "union", options: [valibot.string, valibot.object] }],
    ["an object of ArkType", arkType("object")],
    ["an optional string of ArkType", arkType("string", "undefined")],
    ["an unknown schema", {}],
  ])("accepts %s as input", (_name, schema) => {
    const withParser = typeof schema === "function" || "parse" in (schema as object) ? schema : withParse(schema);
    expect(() => start(withParser)).not.toThrow();
  });
});

/** tRPC requires a parser. */
function withParse(schema: unknown): unknown {
  return { ...(schema as object), parse: (value: unknown) => value };
}
