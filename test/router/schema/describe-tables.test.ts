import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { table } from "../../../src/router/schema/table.js";

const text = table(z.object({ text: z.string() }));

describe("names of fields", () => {
  it.each(["id", "createdAt", "updatedAt", "ID", "createdat"])(
    "reject %s, which clashes with an added column",
    (name) => {
      expect(() => table(z.object({ [name]: z.string() }))).toThrow(new RegExp(`"${name}" clashes with the column`));
    },
  );

  it.each(["", "a b", 'name"; drop', "a.b", "1a", "_id", "__proto__", "ä", "a".repeat(64), "a-b", "a\0"])(
    "reject %j",
    (name) => {
      expect(() => table(z.object(Object.fromEntries([[name, z.string()]])))).toThrow("is not a valid column name");
    },
  );

  it("reject two that differ in case only", () => {
    expect(() => table(z.object({ title: z.string(), Title: z.string() }) as never)).toThrow('"title" and "Title"');
  });

  it("accept the names of JavaScript's built-in members", () => {
    const names = ["toString", "valueOf", "then", "rowid", "select", "table", "a1_b"];
    const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
    expect(describeTables({ t: table(schema) })[0]?.columns).toHaveLength(names.length + 3);
  });
});

describe("names of tables", () => {
  it.each(["", "_changes", "a b", 'x"; drop table', "sqlite_master", "SQLite_x", "a".repeat(64)])(
    "reject %j",
    (name) => {
      expect(() => describeTables({ [name]: text })).toThrow("is not a valid table name");
    },
  );

  it("reject two that differ in case only", () => {
    expect(() => describeTables({ posts: text, Posts: text })).toThrow('"posts" and "Posts"');
  });
});

describe("table definitions", () => {
  it("name the table and the field in an error", () => {
    expect(() => describeTables({ posts: table(z.object({ tags: z.set(z.string()) })) })).toThrow(
      "The field posts.tags is a Set, which has no column. Use z.array(…).",
    );
  });

  it("reject unknown keys, which have no column", () => {
    expect(() => describeTables({ posts: table(z.looseObject({})) })).toThrow("z.record");
    expect(() => describeTables({ posts: table(z.object({}).catchall(z.string())) })).toThrow("z.record");
    expect(() => describeTables({ posts: table(z.strictObject({ a: z.string() })) })).not.toThrow();
  });

  it("accept at most 97 fields", () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, z.string()]));
    expect(() => describeTables({ wide: table(z.object(fields(97))) })).not.toThrow();
    expect(() => describeTables({ wide: table(z.object(fields(98))) })).toThrow("98 fields, but the maximum is 97");
  });

  it("accept single and compound indexes, and added columns in them", () => {
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

  it.each([[["b"]], [[[]]], [[["a", "a"]]], [["a", ["a"]]], [['a"; drop']]])("reject the indexes %j", (indexes) => {
    expect(() => describeTables({ posts: table(z.object({ a: z.string() }), { indexes: indexes as never }) })).toThrow(
      /table "posts"/,
    );
  });
});
