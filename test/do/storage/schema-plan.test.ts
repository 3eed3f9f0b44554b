import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { type TableDefinitions, table } from "../../../src/router/schema/table.js";
import { readDefaults } from "../../../src/do/storage/column-defaults.js";
import { planSchema, type StoredSchema, toStoredSchema } from "../../../src/do/storage/schema-plan.js";

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
  it("has nothing to do for the same definitions", () => {
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
      /posts\.title is stored as `TEXT NOT NULL`, and is now `INTEGER NOT NULL`/,
    ],
    ["a new field whose type makes something of nothing", { ...base, added: z.coerce.string() }, /posts\.added is new/],
    ["a field that becomes required", { ...base, done: z.boolean().optional() }, /posts\.done/],
    ["other values", { ...base, title: z.enum(["a"]) }, /CHECK/],
    ["a required field that is gone", { done: base.done }, /posts\.title is gone/],
    ["a field in another case", { ...base, Done: z.boolean().optional() }, /./],
  ];
  it.each(refusals)("refuses %s, and says so", (_, fields, reason) => {
    expect(() => plan({ posts }, { posts: table(z.object(fields) as never) })).toThrow(reason);
  });

  it("an older version leaves what a newer one added", () => {
    const newer = {
      posts: table(z.object({ ...base, added: z.string().optional(), level: z.int().default(1) }), {
        indexes: ["level"],
      }),
      notes: table(z.object({ text: z.string() })),
    };
    expect(plan(newer, { posts })).toEqual({ statements: [], unique: new Map(), result: stored(newer) });
  });

  it("a field with a default may go, and come back", () => {
    const without = { posts: table(z.object({ title: z.string() })) };
    const { statements, result } = plan({ posts }, without);
    expect(statements).toEqual([]);
    const { models, defaultsOf } = prepare({ posts });
    expect(planSchema(result, models, defaultsOf)).toEqual({ statements: [], unique: new Map(), result });
  });
});
