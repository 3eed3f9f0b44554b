import { expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import * as z3 from "zod/v3";
import { declaresKey } from "../../src/router/declares-key.js";

const cursor = z.object({ lastEventId: z.string().optional() });
const cursor3 = z3.object({ lastEventId: z3.string().optional() });
/** A schema in the form of valibot's. */
const entries = { kind: "schema", entries: { lastEventId: {} } };

interface Tree {
  lastEventId?: string | undefined;
  children: Tree[];
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ lastEventId: z.string().optional(), children: z.array(tree) }));

it.each<[string, unknown]>([
  ["an object", cursor],
  ["a strict object", cursor.strict()],
  ["an optional", cursor.optional()],
  ["a nullish", cursor.nullish()],
  ["a default", cursor.default({})],
  ["a prefault", cursor.prefault({})],
  ["a catch", cursor.catch({})],
  ["a readonly", cursor.readonly()],
  ["a brand", cursor.brand("cursor")],
  ["a refinement", cursor.refine(() => true)],
  ["a transform behind it", cursor.transform(() => 1)],
  ["a transform in front of it", z.preprocess((value) => value, cursor)],
  ["a codec", z.codec(cursor, z.string(), { decode: () => "", encode: () => ({}) })],
  ["a union", z.union([z.string(), cursor])],
  ["a discriminated union", z.discriminatedUnion("a", [cursor.extend({ a: z.literal(1) })])],
  ["an intersection", z.intersection(z.object({}), cursor)],
  ["a lazy one", z.lazy(() => cursor)],
  ["a recursive one", tree],
  ["zod mini", mini.optional(mini.object({ lastEventId: mini.string() }))],
  ["zod 3", cursor3],
  ["zod 3, optional", cursor3.optional()],
  ["zod 3, refined", cursor3.refine(() => true)],
  ["zod 3, in a union", z3.union([z3.string(), cursor3])],
  ["zod 3, lazy", z3.lazy(() => cursor3)],
  ["zod 3, in an intersection", z3.intersection(z3.object({}), cursor3)],
  ["zod 3, in a discriminated union", z3.discriminatedUnion("a", [cursor3.extend({ a: z3.literal(1) })])],
  ["zod 3, in a pipeline", cursor3.pipe(z3.any())],
  ["zod 3, in a catch and a brand", cursor3.catch({}).brand("cursor").readonly()],
  ["zod mini, lazy and in an intersection", mini.lazy(() => mini.intersection(mini.object({}), cursor))],
  ["zod 3, with a default", cursor3.strict().default({})],
  ["valibot", entries],
  ["valibot, optional", { kind: "schema", wrapped: entries }],
  ["valibot, in a union", { kind: "schema", options: [{ kind: "schema" }, entries] }],
])("finds the key in %s", (_name, schema) => {
  expect(declaresKey(schema, "lastEventId", { resolveLazy: true })).toBe(true);
});

it.each<[string, unknown]>([
  ["another object", z.object({ a: z.string() })],
  ["a field's object", z.object({ field: cursor })],
  ["a record", z.record(z.string(), z.string())],
  ["an array", z.array(cursor)],
  [
    "a transform's result",
    z
      .string()
      .pipe(z.transform(() => ({})))
      .pipe(cursor),
  ],
  ["an object's prototype", z.object({})],
  ["a function", () => cursor],
  ["nothing", undefined],
  ["an empty enum", z3.enum(["lastEventId"])],
])("does not find it in %s", (_name, schema) => {
  expect(declaresKey(schema, "lastEventId", { resolveLazy: true })).toBe(false);
  expect(declaresKey(schema, "toString", { resolveLazy: true })).toBe(false);
});

it("stops for a lazy schema that creates a new schema each time", () => {
  const text = (): z.ZodType => z.union([z.string(), z.lazy(text)]);
  expect(declaresKey(text(), "lastEventId", { resolveLazy: true })).toBe(false);
  const early = (): z.ZodType => z.union([cursor, z.lazy(early)]);
  expect(declaresKey(early(), "lastEventId", { resolveLazy: true })).toBe(true);
});

it("leaves lazy schemas alone while a router is created", () => {
  const lazy = z.lazy((): z.ZodType => {
    throw new Error("It is not initialized.");
  });
  expect(declaresKey(lazy, "lastEventId")).toBe(false);
});
