import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import * as z3 from "zod/v3";
import { initUserDO, table } from "../../src/router/index.js";

const Post = z.object({ title: z.string() });

/** Values that a JavaScript project may pass. */
const invalidOptions: [message: string, given: unknown][] = [
  ['initUserDO: "profle" is not an option', { profle: Post }],
  ['initUserDO: "errorFormater" is not an option', { errorFormater: () => ({}) }],
  ["initUserDO: the options are not an object", "tables"],
  ["initUserDO: the options are not an object", null],
  ["initUserDO: the options are not an object", [table(Post)]],
  ['tables: "users" is not an option', { tables: { users: { posts: table(Post) } } }],
  ['tables: "posts" is not an option', { tables: { posts: table(Post) } }],
  ["tables: the options are not an object", { tables: [table(Post)] }],
  ["tables.user.posts is not a table", { tables: { user: { posts: Post } } }],
  ["tables.organization.posts is not a table", { tables: { organization: { posts: undefined } } }],
  ["tables.user is not an object", { tables: { user: [table(Post)] } }],
  ["tables.user is not an object", { tables: { user: "posts" } }],
  ['migrations: "users" is not an option', { migrations: { users: [] } }],
  ["migrations.user is not an array", { migrations: { user: { id: "a", up() {} } } }],
  ["context is not a function", { context: { db: 1 } }],
  ["errorFormatter is not a function", { errorFormatter: true }],
  ["session is not a zod object", { session: z.string() }],
  ["session is not a zod object", { session: { theme: z.string() } }],
  ["profile is not a zod object", { profile: () => Post }],
  ["profile is not a zod object", { profile: mini.object({ name: mini.string() }) }],
  ["fields is not a zod object", { fields: Post.optional() }],
  ["organizationSettings is not a zod object", { organizationSettings: z3.object({ name: z3.string() }) }],
  ["kv is not an object", { kv: [Post] }],
  ["roles is not an object", { roles: ["admin"] }],
];

describe("initUserDO", () => {
  it.each(invalidOptions)("rejects an option that can never take effect: %s", (message, given) => {
    expect(() => initUserDO(given as never)).toThrow(message);
  });

  it("accepts options that are undefined", () => {
    const names = ["tables", "migrations", "session", "profile", "fields", "kv", "roles", "organizationSettings"];
    initUserDO(Object.fromEntries([...names, "context", "errorFormatter"].map((name) => [name, undefined])));
    initUserDO({ tables: { user: undefined, organization: undefined }, migrations: { user: undefined } } as never);
  });

  it("accepts objects with rules, and loose and strict ones", () => {
    const refined = Post.refine(() => true);
    initUserDO({ profile: refined, session: z.looseObject({}), organizationSettings: z.strictObject({}) });
  });
});

describe("table", () => {
  it.each<[string, unknown, unknown?]>([
    ['table: "indexs" is not an option', Post, { indexs: ["title"] }],
    ['table: "primaryKey" is not an option', Post, { primaryKey: "title" }],
    ["table: the options are not an object", Post, ["title"]],
    ["table.indexes is not an array", Post, { indexes: "title" }],
    ["table.unique is not an array", Post, { unique: true }],
    ["table is not a zod object", z.string()],
    ["table is not a zod object", { title: z.string() }],
    ["table is not a zod object", undefined],
    ["table is not a zod object", mini.object({ title: mini.string() })],
    ["table is not a zod object", z3.object({ title: z3.string() })],
  ])("rejects an option that can never take effect: %s", (message, schema, options) => {
    expect(() => table(schema as never, options as never)).toThrow(message);
  });
});
