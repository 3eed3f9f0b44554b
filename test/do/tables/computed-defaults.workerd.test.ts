import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createTableSet } from "../../../src/do/tables/table-set.js";
import { createTables } from "../../../src/do/tables/create-tables.js";
import { type TableDefinitions, table } from "../../../src/router/schema/table.js";
import { type Storage, withTables } from "./with-tables.js";

const first = { posts: table(z.object({ title: z.string() })) };
const Second = z.object({
  title: z.string(),
  key: z.string().default(() => crypto.randomUUID()),
  big: z.bigint().default(() => BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)),
  bytes: z.instanceof(Uint8Array).default(() => crypto.getRandomValues(new Uint8Array(16))),
  json: z.object({ a: z.string() }).default(() => ({ a: crypto.randomUUID() })),
  fixed: z.string().default("a constant that is long enough"),
});
const second = { posts: table(Second, { unique: ["key"] }) };

function deploy<TDefinitions extends TableDefinitions>(
  { sql, storage }: Pick<Storage<TableDefinitions>, "sql" | "storage">,
  definitions: TDefinitions,
) {
  const tableSet = createTableSet(definitions);
  const problems = storage.transactionSync(() => tableSet.update(sql));
  expect(problems.size).toBe(0);
  return createTables({
    tableSet,
    sql,
    transactionSync: (work) => storage.transactionSync(work),
    onWrite() {},
    changes: () => ({}) as never,
  });
}

const names = ["key", "big", "bytes", "json"] as const;
const distinct = (rows: readonly Record<string, unknown>[], name: string): number =>
  new Set(rows.map((row) => (typeof row[name] === "bigint" ? String(row[name]) : JSON.stringify(row[name])))).size;

describe("a new field with a default that is computed", () => {
  it("gives each stored row a value of its own, which stays", () =>
    withTables(first, (storage) => {
      storage.tables.posts.createMany(Array.from({ length: 20 }, (_, index) => ({ title: `${index}` })));
      const rows = deploy(storage, second).posts.orderBy("id").all();
      for (const name of names) expect(distinct(rows, name)).toBe(20);
      expect(distinct(rows, "fixed")).toBe(1);
      expect(deploy(storage, second).posts.orderBy("id").all()).toEqual(rows);
    }));

  it("gives rows that the older version writes during a roll-out their own values", () =>
    withTables(first, (storage) => {
      storage.tables.posts.create({ title: "before" });
      const [before] = deploy(storage, { posts: table(Second) }).posts.all();
      const older = deploy(storage, first);
      older.posts.createMany([{ title: "a" }, { title: "b" }, { title: "c" }]);
      const tables = deploy(storage, { posts: table(Second) });
      const rows = tables.posts.orderBy("id").all();
      expect(rows[0]).toEqual(before);
      for (const name of names) expect(distinct(rows, name)).toBe(4);
      const chosen = tables.posts.create({ title: "chosen", key: "short" });
      expect(deploy(storage, { posts: table(Second) }).posts.findById(chosen.id)).toEqual(chosen);
    }));

  it("does not change values that the app may have set", () =>
    withTables(first, (storage) => {
      const greetings = ["Good morning to all of you", "Good evening to all of you"];
      let count = 0;
      const greeting = z.string().default(() => greetings[count++ % 2] ?? "");
      const definitions = { posts: table(first.posts.schema.extend({ greeting })) };
      const tables = deploy(storage, definitions);
      const rows = tables.posts.createMany(greetings.map((text) => ({ title: "a", greeting: text })));
      deploy(storage, first);
      expect(deploy(storage, definitions).posts.orderBy("id").all()).toEqual(rows);
    }));

  it("gives rows that an earlier release filled with one value their own", () =>
    withTables(first, (storage) => {
      storage.tables.posts.createMany([{ title: "a" }, { title: "b" }]);
      const { sql } = storage;
      sql.exec(`ALTER TABLE "posts" ADD COLUMN "key" TEXT NOT NULL DEFAULT '0d9b7a43-16f9-4a0c-8b0b-1d7a5f6f0a11'`);
      const [row] = sql.exec<{ stored: string }>("SELECT stored FROM _schema").toArray();
      const stored = JSON.parse(row?.stored ?? "") as { tables: { posts: { columns: Record<string, string> } } };
      stored.tables.posts.columns["key"] = "TEXT NOT NULL";
      sql.exec("UPDATE _schema SET stored = ?", JSON.stringify(stored));
      const rows = deploy(storage, { posts: table(Second.pick({ title: true, key: true }), { unique: ["key"] }) });
      expect(distinct(rows.posts.all(), "key")).toBe(2);
    }));

  it("stores the constant in rows for which the default fails", () =>
    withTables(first, (storage) => {
      storage.tables.posts.createMany(Array.from({ length: 20 }, (_, index) => ({ title: `${index}` })));
      let calls = 0;
      const code = z.string().default(() => {
        if (++calls > 14) throw new Error("There are no more codes.");
        // A text that does not fit its column fails like a default that throws.
        return calls === 12 ? "\uD800" : crypto.randomUUID();
      });
      const rows = deploy(storage, { posts: table(first.posts.schema.extend({ code })) }).posts.all();
      expect(rows).toHaveLength(20);
      expect(distinct(rows, "code")).toBeGreaterThan(1);
    }));
});
