import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createTables } from "../../../src/do/tables/create-tables.js";
import { createTableSet } from "../../../src/do/tables/table-set.js";
import { type TableDefinitions, table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { type Storage, withTables } from "./with-tables.js";

const base = { title: z.string(), done: z.boolean().default(false) };
const posts = table(z.object(base));

/** The same object after the deployment of a new version of the app. */
function redeploy<TDefinitions extends TableDefinitions>(
  { sql, storage }: Pick<Storage<TableDefinitions>, "sql" | "storage">,
  definitions: TDefinitions,
) {
  const tableSet = createTableSet(definitions);
  storage.transactionSync(() => tableSet.update(sql));
  const transactionSync = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);
  return createTables({ tableSet, sql, transactionSync, onWrite: () => undefined, changes: () => ({}) as never });
}

describe("the first start of an object", () => {
  it("stores STRICT tables with a column for each field", () =>
    withTables({ posts }, ({ sql, tableSet }) => {
      const names = sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .toArray();
      expect(names.map(({ name }) => name).filter((name) => !name.startsWith("_cf_"))).toEqual([
        "_changes",
        "_migrations",
        "_schema",
        "posts",
      ]);
      expect(() => sql.exec("INSERT INTO posts VALUES ('a', 'A', 'true', 0, 0)")).toThrow(
        /cannot store TEXT value in INTEGER/,
      );
      expect(() => sql.exec("INSERT INTO posts VALUES ('a', 'A', 2, 0, 0)")).toThrow(/CHECK/);
      expect(createTableSet({ posts: table(z.object(base)) }).fingerprint).toBe(tableSet.fingerprint);
      expect(createTableSet({ posts: table(z.object(base), { indexes: ["done"] }) }).fingerprint).not.toBe(
        tableSet.fingerprint,
      );
    }));

  it("creates the log of an owner kind without tables", () =>
    withTables({}, ({ log, tables }) => {
      expect(log.head().seq).toBe(1);
      expect(Object.keys(tables)).toEqual([]);
    }));

  it("supports 100 columns of the widest kind", () =>
    withTables(
      {
        wide: table(
          z.object(Object.fromEntries(Array.from({ length: 97 }, (_, n) => [`f${n}`, z.string().optional()]))),
        ),
      },
      ({ tables }) => {
        const row = tables.wide.create(Object.fromEntries(Array.from({ length: 97 }, (_, n) => [`f${n}`, String(n)])));
        expect(tables.wide.findById(row.id)).toEqual(row);
        const changes = Object.fromEntries(Array.from({ length: 97 }, (_, n) => [`f${n}`, "new"]));
        expect(tables.wide.update(row.id, changes)).toMatchObject(changes);
      },
    ));
});

describe("a redeployment", () => {
  const later = {
    posts: table(
      z.object({
        ...base,
        note: z.string().optional(),
        stars: z.int().default(3),
        tags: z.array(z.string()).default(["new"]),
        kind: z.enum(["a", "b"]).default("a"),
      }),
      { indexes: ["done"], unique: ["note"] },
    ),
    notes: table(z.object({ text: z.string() })),
  };

  it("adds fields, indexes and tables to stored data, and delivers no events", () =>
    withTables({ posts }, (storage) => {
      const old = storage.tables.posts.create({ title: "Old" });
      const head = storage.log.head();
      const tables = redeploy(storage, later);
      expect(storage.log.head()).toEqual(head);
      expect(tables.posts.findById(old.id)).toEqual({ ...old, stars: 3, tags: ["new"], kind: "a" });
      const created = tables.posts.create({ title: "New", note: "n", stars: 5 });
      expect(tables.posts.findById(created.id)).toEqual(created);
      expect(codeOf(() => tables.posts.create({ title: "Other", note: "n" }))).toBe("CONFLICT");
      expect(tables.posts.where("stars", ">", 3).all()).toEqual([created]);
      tables.notes.create({ text: "t" });
      expect(storage.log.tablesIn({ after: head, until: storage.log.head() })).toEqual(["posts", "notes"]);
      expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'posts.done'").toArray()).toHaveLength(1);
    }));

  it("lets two versions share one storage", () =>
    withTables({ posts }, (storage) => {
      const newer = redeploy(storage, later);
      const older = redeploy(storage, { posts });
      const row = older.posts.create({ title: "By the older" });
      expect(newer.posts.findById(row.id)).toEqual({ ...row, stars: 3, tags: ["new"], kind: "a" });
      const other = newer.posts.create({ title: "By the newer", stars: 9 });
      older.posts.update(other.id, { done: true });
      expect(newer.posts.findById(other.id)).toMatchObject({ done: true, stars: 9 });
      expect(redeploy(storage, later).posts.count()).toBe(2);
    }));

  it("lets an older version serve an object that a newer one created", () =>
    withTables(later, (storage) => {
      const older = redeploy(storage, { posts });
      const row = older.posts.create({ title: "x" });
      expect(storage.tables.posts.findById(row.id)).toMatchObject({ title: "x", stars: 3, kind: "a" });
    }));

  it("refuses changes that need a written migration, and leaves everything unchanged", () =>
    withTables({ posts }, (storage) => {
      const row = storage.tables.posts.create({ title: "x" });
      for (const fields of [{ ...base, added: z.string() }, { ...base, title: z.int() }, { done: base.done }]) {
        const changed = { notes: table(z.object({ text: z.string() })), posts: table(z.object(fields)) };
        expect(() => redeploy(storage, changed)).toThrow(/The field posts\./);
      }
      expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'notes'").toArray()).toEqual([]);
      expect(redeploy(storage, { posts }).posts.all()).toEqual([row]);
    }));
});
