import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { type TableDefinitions, table } from "../../../src/router/schema/table.js";
import { readDefaults } from "../../../src/do/tables/schema/column-defaults.js";
import { planSchema, type StoredSchema, toStoredSchema } from "../../../src/do/tables/schema/schema-plan.js";

function prepare(definitions: TableDefinitions) {
  const models = describeTables(definitions);
  const defaults = new Map(
    models.map((model) => {
      const definition = definitions[model.name];
      return [model.name, definition ? readDefaults(model, definition) : new Map<string, string>()];
    }),
  );
  return { models, defaultsOf: (name: string) => defaults.get(name) ?? new Map<string, string>() };
}

function stored(definitions: TableDefinitions): StoredSchema {
  return toStoredSchema(prepare(definitions).models);
}

function plan(from: TableDefinitions, to: TableDefinitions) {
  const { models, defaultsOf } = prepare(to);
  return planSchema(stored(from), models, defaultsOf);
}

const base = { title: z.string(), done: z.boolean().default(false) };
const posts = table(z.object(base));

describe("planSchema", () => {
  it("has no statements for equal definitions", () => {
    expect(plan({ posts }, { posts })).toEqual({ statements: [], unique: new Map(), result: stored({ posts }) });
  });

  const additions: [name: string, field: z.ZodType, statement: string][] = [
    ["optional", z.string().optional(), 'ADD COLUMN "added" TEXT'],
    ["nullable", z.int().nullable(), 'ADD COLUMN "added" INTEGER'],
    ["default", z.string().default("it's"), `ADD COLUMN "added" TEXT NOT NULL DEFAULT 'it''s'`],
    ["default of a Date", z.date().default(new Date(7)), 'ADD COLUMN "added" INTEGER NOT NULL DEFAULT 7'],
    ["default of a list", z.array(z.int()).default([1]), `ADD COLUMN "added" TEXT NOT NULL DEFAULT '[1]'`],
    ["prefault", z.string().trim().prefault(" x "), `ADD COLUMN "added" TEXT NOT NULL DEFAULT 'x'`],
    [
      "enum with a default",
      z.enum(["a", "b"]).default("b"),
      `ADD COLUMN "added" TEXT NOT NULL CHECK ("added" IN ('a', 'b')) DEFAULT 'b'`,
    ],
  ];
  it.each(additions)("adds a field that is %s", (_, added, statement) => {
    const after = { posts: table(z.object({ ...base, added })) };
    const { statements, result } = plan({ posts }, after);
    expect(statements).toEqual([`ALTER TABLE "posts" ${statement}`]);
    expect(result.tables["posts"]?.columns).toEqual(stored(after).tables["posts"]?.columns);
  });

  it("adds tables and indexes", () => {
    const after = {
      posts: table(z.object(base), { indexes: ["done"], unique: [["title", "done"]] }),
      notes: table(z.object({ text: z.string() })),
    };
    const { statements } = plan({ posts }, after);
    expect(statements.map((statement) => statement.split(" ON ")[0]?.split(" (")[0])).toEqual([
      'CREATE INDEX "posts.done"',
      'CREATE UNIQUE INDEX "posts.title.done!"',
      'CREATE TABLE "notes"',
      'CREATE TRIGGER "_notes.create" AFTER INSERT',
      'CREATE TRIGGER "_notes.update" AFTER UPDATE',
      'CREATE TRIGGER "_notes.delete" AFTER DELETE',
      'CREATE TRIGGER "_notes.key" BEFORE UPDATE OF "id"',
    ]);
  });

  const refusals: [name: string, fields: z.ZodRawShape, reason: RegExp][] = [
    ["a new field that rows from before cannot have", { ...base, added: z.string() }, /posts\.added is new.*default/],
    [
      "another type",
      { ...base, title: z.int() },
      /posts\.title is stored as `TEXT NOT NULL`, but defined as `INTEGER NOT NULL`/,
    ],
    ["a new field whose type accepts a missing value", { ...base, added: z.coerce.string() }, /posts\.added is new/],
    ["a field that becomes required", { ...base, done: z.boolean().optional() }, /posts\.done/],
    ["other values", { ...base, title: z.enum(["a"]) }, /CHECK/],
    ["a required field that is gone", { done: base.done }, /posts\.title was removed/],
    ["a field in another case", { ...base, Done: z.boolean().optional() }, /./],
  ];
  it.each(refusals)("refuses %s with a reason", (_, fields, reason) => {
    expect(() => plan({ posts }, { posts: table(z.object(fields) as never) })).toThrow(reason);
  });

  const typed = {
    text: z.string(),
    date: z.date(),
    int: z.int(),
    bigint: z.bigint(),
    list: z.array(z.string()),
  };
  const changes: [from: keyof typeof typed, to: keyof typeof typed][] = [
    ["text", "bigint"],
    ["bigint", "text"],
    ["text", "list"],
    ["list", "text"],
    ["list", "bigint"],
    ["int", "date"],
    ["date", "int"],
  ];
  it.each(changes)("refuses a field that was %s and is %s, although SQLite stores both alike", (from, to) => {
    const before = { posts: table(z.object({ field: typed[from].optional() })) };
    const after = { posts: table(z.object({ field: typed[to].optional() })) };
    expect(() => plan(before, after)).toThrow(/posts\.field is stored as .*db\.rebuild\("posts"\)/);
    expect(plan(before, before).statements).toEqual([]);
  });

  it("accepts any type of a field from a version that did not store types", () => {
    const before = stored({ posts: table(z.object({ field: z.int() })) });
    const { types: _, ...untyped } = before.tables["posts"] ?? { columns: {}, required: [], indexes: {} };
    const { models, defaultsOf } = prepare({ posts: table(z.object({ field: z.date() })) });
    const { result } = planSchema({ tables: { posts: untyped } }, models, defaultsOf);
    expect(result.tables["posts"]?.types).toMatchObject({ field: "date" });
  });

  const hostile = ["it's", "b, c", "x IN ('y', 'z')", "", "ü"] as const;
  it.each([
    ["an enum", z.enum(hostile), z.enum([...hostile].reverse() as never)],
    ["literals", z.literal([1, 2, 10]), z.union([z.literal(10), z.literal([2, 1])])],
    ["bigints", z.literal([1n, -2n]), z.literal([-2n, 1n])],
  ])("accepts the values of %s in another order, and keeps the stored declaration", (_, from, to) => {
    const before = { posts: table(z.object({ field: from as z.ZodType<string> })) };
    const { statements, result } = plan(before, { posts: table(z.object({ field: to as z.ZodType<string> })) });
    expect(statements).toEqual([]);
    // An earlier version compares the text.
    expect(result).toEqual(stored(before));
  });

  it("refuses values that only look the same when they are sorted", () => {
    const before = { posts: table(z.object({ field: z.enum(["a, b", "c"]) })) };
    expect(() => plan(before, { posts: table(z.object({ field: z.enum(["a", "b", "c"]) })) })).toThrow(/CHECK/);
    expect(() => plan(before, { posts: table(z.object({ field: z.enum(["a', 'b", "c"]) })) })).toThrow(/CHECK/);
  });

  it("refuses a table whose name differs from a stored one in upper and lower case only", () => {
    expect(() => plan({ posts }, { Posts: posts })).toThrow(/table "Posts" is stored as "posts"/);
    expect(plan({ posts }, { posts, post: posts }).statements.length).toBeGreaterThan(0);
  });

  it("lets an older version keep what a newer one added", () => {
    const newer = {
      posts: table(z.object({ ...base, added: z.string().optional(), level: z.int().default(1) }), {
        indexes: ["level"],
      }),
      notes: table(z.object({ text: z.string() })),
    };
    expect(plan(newer, { posts })).toEqual({ statements: [], unique: new Map(), result: stored(newer) });
  });

  it("lets a field with a default be removed and added again", () => {
    const without = { posts: table(z.object({ title: z.string() })) };
    const { statements, result } = plan({ posts }, without);
    expect(statements).toEqual([]);
    const { models, defaultsOf } = prepare({ posts });
    expect(planSchema(result, models, defaultsOf)).toEqual({ statements: [], unique: new Map(), result });
  });
});
