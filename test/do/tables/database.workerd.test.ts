import { sql as text } from "kysely";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase } from "../../../src/do/tables/create-database.js";
import { withRecorder } from "../../../src/do/tables/reads/read-recorder.js";
import { recordedSql } from "../../../src/do/tables/reads/recorded-sql.js";
import type { Database } from "../../../src/router/schema/database.js";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const definitions = {
  posts: table(z.object({ title: z.string(), done: z.boolean().default(false), tags: z.array(z.string()) })),
  notes: table(z.object({ postId: z.string(), at: z.date(), bytes: z.instanceof(Uint8Array).optional() })),
};

function withDatabase(
  run: (
    db: Database<typeof definitions>,
    storage: Parameters<Parameters<typeof withTables<typeof definitions, void>>[1]>[0],
    writes: number[],
  ) => void,
): Promise<void> {
  return withTables(definitions, (storage) => {
    const writes: number[] = [];
    run(createDatabase({ sql: storage.sql, onWrite: (rows) => void writes.push(rows) }), storage, writes);
  });
}

describe("ctx.db", () => {
  it("joins and counts, and returns values as they are stored", () =>
    withDatabase((db, { tables }, writes) => {
      const [one, two] = tables.posts.createMany([
        { title: "one", tags: ["a"] },
        { title: "two", tags: [], done: true },
      ]);
      const bytes = new Uint8Array([1, 2]);
      tables.notes.createMany([
        { postId: one?.id ?? "", at: new Date(5), bytes },
        { postId: one?.id ?? "", at: new Date(6) },
      ]);
      const joined = db
        .selectFrom("posts")
        .leftJoin("notes", "notes.postId", "posts.id")
        .groupBy("posts.id")
        .orderBy("posts.title")
        .select(({ fn }) => [
          "posts.title",
          "posts.done",
          "posts.tags",
          fn.count<number>("notes.id").as("notes"),
          fn.max("notes.at").as("last"),
        ]);
      expect(db.all(joined)).toEqual([
        { title: "one", done: 0, tags: '["a"]', notes: 2, last: 6 },
        { title: "two", done: 1, tags: "[]", notes: 0, last: null },
      ]);
      expect(db.first(joined.where("posts.id", "=", two?.id ?? ""))).toMatchObject({ title: "two" });
      expect(db.first(joined.where("posts.id", "=", "' OR 1 = 1"))).toBeNull();
      const [read] = db.all(db.selectFrom("notes").select("bytes").where("bytes", "=", bytes.buffer));
      expect(new Uint8Array(read?.bytes ?? new ArrayBuffer(0))).toEqual(bytes);
      expect(db.all(text<{ n: number }>`select count(*) as n from posts where title = ${"one"}`)).toEqual([{ n: 1 }]);
      expect(writes.every((rows) => rows <= 1)).toBe(true);
    }));

  it("writes like any other code: delivered, logged and rolled back", () =>
    withDatabase((db, { tables, log, storage }, writes) => {
      tables.posts.createMany([
        { title: "one", tags: [] },
        { title: "two", tags: [] },
      ]);
      const head = log.head();
      expect(db.run(db.updateTable("posts").set({ done: 1 }))).toBe(2);
      expect(db.all(db.deleteFrom("posts").where("title", "=", "two").returning("title"))).toEqual([{ title: "two" }]);
      expect(db.run(db.deleteFrom("posts").where("title", "=", "two"))).toBe(0);
      expect(writes).toEqual([2, 1, 0]);
      expect(log.read({ after: head, until: log.head() }).map(({ type }) => type)).toEqual(["update", "delete"]);
      expect(() =>
        storage.transactionSync(() => {
          db.run(db.deleteFrom("posts"));
          throw new Error("undo");
        }),
      ).toThrow("undo");
      expect(tables.posts.all().map(({ done }) => done)).toEqual([true]);
    }));

  it("refuses values that SQLite would change, and promises", () =>
    withDatabase((db) => {
      const values = [Number.NaN, Infinity, true, undefined, new Date(), "\ud800", 1n, {}];
      for (const value of values) {
        expect(
          codeOf(() =>
            db.all(
              db
                .selectFrom("posts")
                .selectAll()
                .where("title", "=", value as string),
            ),
          ),
        ).toBe("BAD_REQUEST");
      }
      const ids = Array.from({ length: 101 }, String);
      expect(codeOf(() => db.all(db.selectFrom("posts").selectAll().where("id", "in", ids)))).toBe("BAD_REQUEST");
    }));

  it.each([
    "insert into posts (id, createdAt, updatedAt, title, done, tags) values ('x', 0, 0, 'a;b', 0, '[]')",
    "select 1; delete from posts",
    "select ';' /* ; */; DELETE from posts -- all",
  ])("cannot write in a live query by %s", (statement) =>
    withDatabase((_db, { sql, tables }) => {
      tables.posts.create({ title: "one", tags: [] });
      const db = createDatabase<object>({ sql: recordedSql(sql), onWrite() {} });
      const live = (): unknown =>
        withRecorder({ recordRead() {}, recordCaller() {} }, () => db.all(text.raw(statement)));
      expect(codeOf(live)).toBe("METHOD_NOT_SUPPORTED");
      expect(tables.posts.all().map(({ title }) => title)).toEqual(["one"]);
    }),
  );

  it.each([
    ["select replace(title, ';', ',') as \"a;b\" from posts", ["posts"]],
    ["select title from posts -- not; notes\n;", ["posts"]],
    ["select 1; select title from posts", ["*"]],
  ])("can read in a live query by %s", (statement, read) =>
    withDatabase((_db, { sql }) => {
      const db = createDatabase<object>({ sql: recordedSql(sql), onWrite() {} });
      const tables: string[] = [];
      withRecorder({ recordRead: ({ table: name }) => void tables.push(name), recordCaller() {} }, () =>
        db.all(text.raw(statement)),
      );
      expect(tables).toEqual(read);
    }),
  );

  it.each<[string, (db: Database<typeof definitions>) => Promise<unknown>, string]>([
    ["execute", (db) => db.selectFrom("posts").selectAll().execute(), "ctx.db.all(query)"],
    ["executeTakeFirst", (db) => db.selectFrom("posts").selectAll().executeTakeFirst(), "ctx.db.first(query)"],
    ["execute of a write", (db) => db.deleteFrom("posts").execute(), "ctx.db.run(query)"],
    ["sql's execute", (db) => text`SELECT 1`.execute(db), "ctx.db.all(query)"],
    ["a transaction", (db) => db.transaction().execute(() => Promise.resolve()), "ctx.transaction(() => …)"],
  ])("suggests the synchronous call when a query is executed asynchronously: %s", async (_name, execute, instead) => {
    const db = await new Promise<Database<typeof definitions>>((resolve) => void withDatabase(resolve));
    const message = await execute(db).catch((error: unknown) => (error instanceof Error ? error.message : ""));
    expect(message).toContain("execute()");
    expect(message).toContain(instead);
  });
});
