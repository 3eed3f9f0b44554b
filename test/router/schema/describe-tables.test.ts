import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { table } from "../../../src/router/schema/table.js";

const text = table(z.object({ text: z.string() }));

describe("names of fields", () => {
  it.each(["id", "createdAt", "updatedAt", "ID", "createdat"])("a field %s clashes with an added column", (name) => {
    expect(() => table(z.object({ [name]: z.string() }))).toThrow(new RegExp(`"${name}" clashes with the column`));
  });

  it.each(["", "a b", 'name"; drop', "a.b", "1a", "_id", "__proto__", "ä", "a".repeat(64), "a-b", "a\0"])(
    "%j is no field",
    (name) => {
      expect(() => table(z.object(Object.fromEntries([[name, z.string()]])))).toThrow("is not a valid column name");
    },
  );

  it("two fields that differ in case only are one column", () => {
    expect(() => table(z.object({ title: z.string(), Title: z.string() }) as never)).toThrow('"title" and "Title"');
  });

  it("JavaScript's own names are names", () => {
    const names = ["toString", "valueOf", "then", "rowid", "select", "table", "a1_b"];
    const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
    expect(describeTables({ t: table(schema) })[0]?.columns).toHaveLength(names.length + 3);
  });
});

describe("names of tables", () => {
  it.each(["", "_changes", "a b", 'x"; drop table', "sqlite_master", "SQLite_x", "a".repeat(64)])(
    "%j is no table",
    (name) => {
      expect(() => describeTables({ [name]: text })).toThrow("is not a valid table name");
    },
  );

  it("two tables that differ in case only are refused", () => {
    expect(() => describeTables({ posts: text, Posts: text })).toThrow('"posts" and "Posts"');
  });
});

describe("definitions", () => {
  it("an error names the table and the field", () => {
    expect(() => describeTables({ posts: table(z.object({ tags: z.set(z.string()) })) })).toThrow(
      "The field posts.tags is a Set, which has no column. Use z.array(…).",
    );
  });

  it("unknown keys have no column", () => {
    expect(() => describeTables({ posts: table(z.looseObject({})) })).toThrow("z.record");
    expect(() => describeTables({ posts: table(z.object({}).catchall(z.string())) })).toThrow("z.record");
    expect(() => describeTables({ posts: table(z.strictObject({ a: z.string() })) })).not.toThrow();
  });

  it("97 fields are the most", () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, z.string()]));
    expect(() => describeTables({ wide: table(z.object(fields(97))) })).not.toThrow();
    expect(() => describeTables({ wide: table(z.object(fields(98))) })).toThrow("98 fields, but the maximum is 97");
  });

  it("indexes are single or compound, and may name an added column", () => {
    const [model] = describeTables({
      posts: table(z.object({ a: z.string(), b: z.int() }), {
        indexes: ["a", ["b", "createdAt"]],
        unique: [["a", "b"]],
      }),
    });
    expect(model?.indexes).toEqual([
      { name: "posts.a", columns: ["a"], unique: false },
      { name: "posts.b.createdAt", columns: ["b", "createdAt"], unique: false },
      { name: "posts.a.b!", columns: ["a", "b"], unique: true },
    ]);
  });

  it.each([[["b"]], [[[]]], [[["a", "a"]]], [["a", ["a"]]], [['a"; drop']]])("indexes cannot be %j", (indexes) => {
    expect(() => describeTables({ posts: table(z.object({ a: z.string() }), { indexes: indexes as never }) })).toThrow(
      /table "posts"/,
    );
  });
});
