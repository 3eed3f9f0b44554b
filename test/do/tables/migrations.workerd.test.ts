import { sql as text } from "kysely";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createTables } from "../../../src/do/tables/create-tables.js";
import { createTableSet } from "../../../src/do/tables/table-set.js";
import type { Migration } from "../../../src/router/schema/migration.js";
import { type TableDefinitions, table } from "../../../src/router/schema/table.js";
import { type Storage, withTables } from "./with-tables.js";

const first = {
  posts: table(z.object({ title: z.string(), kind: z.enum(["low", "high"]).default("low") }), { indexes: ["title"] }),
};

/** The same object after the deployment of another version of the app. */
function deploy<TDefinitions extends TableDefinitions>(
  { sql, storage }: Pick<Storage<TableDefinitions>, "sql" | "storage">,
  definitions: TDefinitions,
  migrations: readonly Migration[] = [],
) {
  const tableSet = createTableSet(definitions, migrations);
  storage.transactionSync(() => tableSet.update(sql));
  return createTables({
    tableSet,
    sql,
    transactionSync: (work) => storage.transactionSync(work),
    onWrite() {},
    changes: () => ({}) as never,
  });
}

const second = {
  posts: table(
    z.object({ name: z.string(), kind: z.enum(["low", "middle", "high"]), stars: z.int(), slug: z.string() }),
    {
      indexes: ["name"],
      unique: ["slug"],
    },
  ),
};
const ran: string[] = [];
const steps: Migration[] = [
  {
    id: "title-is-name",
    up(db) {
      ran.push("title-is-name");
      db.run(text`alter table posts rename column title to name`);
    },
  },
  {
    id: "stars-and-slug",
    up(db) {
      ran.push("stars-and-slug");
      db.run(db.schema.alterTable("posts").addColumn("stars", "text"));
      db.run(db.schema.alterTable("posts").addColumn("slug", "text"));
      for (const { id, name } of db.all(db.selectFrom("posts").select(["id", "name"]))) {
        db.run(
          db
            .updateTable("posts")
            .set({ slug: `${String(name)}-1`, stars: "3" })
            .where("id", "=", String(id)),
        );
      }
      db.rebuild("posts");
    },
  },
];

describe("a field of another type with the same type in SQLite", () => {
  const text = { posts: table(z.object({ tags: z.string() })) };
  const list = { posts: table(z.object({ tags: z.array(z.string()) })) };
  const split: Migration = {
    id: "tags-are-lists",
    up(db) {
      for (const { id, tags } of db.all(db.selectFrom("posts").select(["id", "tags"]))) {
        const json = JSON.stringify(String(tags).split(" "));
        db.run(db.updateTable("posts").set({ tags: json }).where("id", "=", String(id)));
      }
      db.rebuild("posts");
    },
  };

  it("is refused without a step, and readable with one", () =>
    withTables(text, (storage) => {
      const { id } = storage.tables.posts.create({ tags: "a b" });
      expect(() => deploy(storage, list)).toThrow(/posts\.tags is stored as text, but defined as JSON/);
      expect(storage.tables.posts.findById(id)).toMatchObject({ tags: "a b" });
      expect(() => deploy(storage, list, [{ ...split, up() {} }])).toThrow(/posts\.tags is stored as text/);
      const tables = deploy(storage, list, [split]);
      expect(tables.posts.findById(id)).toMatchObject({ tags: ["a", "b"] });
      // After a rollback, the earlier version cannot read some values.
      expect(() => deploy(storage, text)).toThrow(/posts\.tags is stored as JSON/);
    }));

  it("is not detected when the version before did not store types, and is detected from then on", () =>
    withTables({ posts: table(z.object({ at: z.int() })) }, (storage) => {
      storage.tables.posts.create({ at: 5 });
      const [row] = storage.sql.exec<{ stored: string }>("SELECT stored FROM _schema").toArray();
      const schema = JSON.parse(row?.stored ?? "") as { tables: { posts: { types?: unknown } } };
      delete schema.tables.posts.types;
      storage.sql.exec("UPDATE _schema SET stored = ?", JSON.stringify(schema));
      const tables = deploy(storage, { posts: table(z.object({ at: z.date() })) });
      expect(tables.posts.first()).toMatchObject({ at: new Date(5) });
      expect(() => deploy(storage, { posts: table(z.object({ at: z.int() })) })).toThrow(/stored as a date/);
    }));
});

describe("migrations", () => {
  it("run once, in order, and convert stored rows", () =>
    withTables(first, (storage) => {
      ran.length = 0;
      const old = storage.tables.posts.createMany([{ title: "a" }, { title: "b", kind: "high" }]);
      const tables = deploy(storage, second, steps);
      expect(ran).toEqual(["title-is-name", "stars-and-slug"]);
      expect(tables.posts.orderBy("name").all()).toEqual(
        old.map(({ id, title, kind, createdAt, updatedAt }) => ({
          id,
          name: title,
          kind,
          stars: 3,
          slug: `${title}-1`,
          createdAt,
          updatedAt,
        })),
      );
      const head = storage.log.head();
      const created = tables.posts.create({ name: "c", kind: "middle", stars: 1, slug: "c" });
      tables.posts.update(created.id, { stars: 2 });
      tables.posts.delete(old[0]?.id ?? "");
      expect(storage.log.read({ after: head, until: storage.log.head() }).map(({ type }) => type)).toEqual([
        "create",
        "delete",
      ]);
      expect(() => tables.posts.create({ name: "x", kind: "low", stars: 1, slug: "c" })).toThrow("slug");
      const again = deploy(storage, second, steps);
      expect(ran).toHaveLength(2);
      expect(again.posts.count()).toBe(2);
      // Automatic changes still apply, and only a new step runs.
      const third = { posts: table(second.posts.schema.extend({ note: z.string().optional() })) };
      const later = { id: "later", up: (db) => void db.run(text`update posts set stars = 9`) } satisfies Migration;
      expect(deploy(storage, third, [...steps, later]).posts.all()).toMatchObject([{ stars: 9 }, { stars: 9 }]);
      expect(ran).toHaveLength(2);
    }));

  it("do not run in an object that is created later", () =>
    withTables({}, ({ sql, storage }) => {
      sql.exec("DROP TABLE _schema; DROP TABLE _changes; DROP TABLE _migrations");
      ran.length = 0;
      storage.transactionSync(() => createTableSet(second, steps).install(sql));
      const tables = deploy({ sql, storage }, second, steps);
      expect(tables.posts.create({ name: "a", kind: "middle", stars: 1, slug: "a" }).stars).toBe(1);
      expect(ran).toEqual([]);
    }));

  it("change nothing when they fail, and run again in the next version", () =>
    withTables(first, (storage) => {
      const row = storage.tables.posts.create({ title: "a" });
      const failing = steps.map((step) =>
        step.id === "stars-and-slug"
          ? {
              ...step,
              up: () => {
                throw new Error("oh");
              },
            }
          : step,
      );
      expect(() => deploy(storage, second, failing)).toThrow(
        'The migration "stars-and-slug" failed, and all its changes were rolled back: oh',
      );
      const unfilled = [steps[0], { id: "stars-and-slug", up: (db) => db.rebuild("posts") }] as Migration[];
      expect(() => deploy(storage, second, unfilled)).toThrow(/Rebuilding the table "posts" failed.*NOT NULL/);
      const late = [
        steps[0],
        { id: "stars-and-slug", up: (() => Promise.resolve()) as () => unknown as () => void },
      ] as Migration[];
      expect(() => deploy(storage, second, late)).toThrow("without await");
      expect(() => deploy(storage, second)).toThrow(/The field posts\.title .* Write a migration/);
      expect(deploy(storage, first).posts.all()).toEqual([row]);
      expect(deploy(storage, second, steps).posts.findById(row.id)).toMatchObject({ name: "a", slug: "a-1" });
    }));

  it("refuse an older version for which fields are missing, and change nothing", () =>
    withTables(first, (storage) => {
      storage.tables.posts.create({ title: "a" });
      const wider = {
        posts: table(first.posts.schema.extend({ kind: z.enum(["low", "middle", "high"]).default("low") })),
      };
      const step = { id: "wider", up: (db) => db.rebuild("posts") } satisfies Migration;
      expect(deploy(storage, wider, [step]).posts.create({ title: "b", kind: "middle" }).kind).toBe("middle");
      const names = () => storage.sql.exec("SELECT sql FROM sqlite_master ORDER BY name").toArray();
      const before = names();
      expect(() => deploy(storage, first)).toThrow("posts.kind");
      expect(() => deploy(storage, { ...wider, others: table(z.object({})) })).toThrow('has run the migration "wider"');
      expect(deploy(storage, wider).posts.count()).toBe(2);
      expect(names()).toEqual(before);
      expect(deploy(storage, wider, [step]).posts.count()).toBe(2);
    }));

  it("keep data that the definition does not declare when they rebuild a table", () =>
    withTables(first, (storage) => {
      const { id } = storage.tables.posts.create({ title: "a", kind: "high" });
      const less = { posts: table(z.object({ title: z.string() })) };
      const tables = deploy(storage, less, [{ id: "less", up: (db) => db.rebuild("posts") }]);
      tables.posts.create({ title: "b" });
      expect(storage.sql.exec("SELECT kind FROM posts WHERE id = ?", id).one()).toEqual({ kind: "high" });
    }));

  it("are refused when ids are used twice, or steps are inserted late", () =>
    withTables(first, (storage) => {
      const up = (): void => {};
      expect(() =>
        createTableSet(first, [
          { id: "a", up },
          { id: "a", up },
        ]),
      ).toThrow('"a"');
      expect(() => createTableSet(first, [{ id: "", up }])).toThrow("id");
      deploy(storage, first, [{ id: "b", up }]);
      expect(() =>
        deploy(storage, first, [
          { id: "a", up },
          { id: "b", up },
        ]),
      ).toThrow('"a" is before "b"');
      deploy(storage, first, [
        { id: "b", up },
        { id: "c", up },
      ]);
      // Steps that every object has run may be removed.
      deploy(storage, first, [
        { id: "c", up },
        { id: "d", up },
      ]);
    }));
});
