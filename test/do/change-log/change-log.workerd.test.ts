import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ChangeLog } from "../../../src/do/change-log/create-change-log.js";
import { table } from "../../../src/router/schema/table.js";
import { type Cursor, formatCursor } from "../../../src/shared/cursor.js";
import { codeOf } from "../tables/code-of.js";
import { withTables } from "../tables/with-tables.js";
import { pruneLog } from "../../../src/do/change-log/prune-log.js";

const definitions = {
  posts: table(z.object({ title: z.string(), slug: z.string().optional() }), { unique: ["slug"] }),
  notes: table(z.object({ text: z.string() })),
};

const INSERT = "INSERT INTO posts (id, title, slug, createdAt, updatedAt) VALUES";

/** The log's net changes after a cursor: `a create, b delete`. */
function describeChanges(log: ChangeLog, after: Cursor, tables?: string[]): string {
  return log
    .read({ after, until: log.head(), tables })
    .map(({ id, type }) => `${id} ${type}`)
    .join(", ");
}

describe("the change log", () => {
  const statements: [sql: string, changes: string][] = [
    [`${INSERT} ('a', 'A', 'x', 0, 0)`, "a create"],
    [`${INSERT} ('b', 'B', 'y', 0, 0), ('c', 'C', NULL, 0, 0)`, "b create, c create"],
    ["UPDATE posts SET title = 'A2' WHERE id = 'a'", "a update"],
    ["UPDATE posts SET title = title || '!'", "a update, b update, c update"],
    ["UPDATE posts SET title = 'no' WHERE id = 'unknown'", ""],
    [`INSERT OR REPLACE INTO posts VALUES ('d', 'D', 'x', 0, 0)`, "a delete, d create"],
    [`REPLACE INTO posts VALUES ('d', 'D2', 'x', 0, 0)`, "d update"],
    ["UPDATE OR REPLACE posts SET slug = 'y' WHERE id = 'd'", "b delete, d update"],
    [`${INSERT} ('c', 'C2', NULL, 0, 0) ON CONFLICT (id) DO UPDATE SET title = excluded.title`, "c update"],
    [`${INSERT} ('c', 'C3', NULL, 0, 0) ON CONFLICT DO NOTHING`, ""],
    [`INSERT OR IGNORE INTO posts VALUES ('c', 'C4', NULL, 0, 0)`, ""],
    ["DELETE FROM posts WHERE id = 'unknown'", ""],
    ["DELETE FROM posts", "c delete, d delete"],
  ];

  it("contains every write, however it was made", () =>
    withTables(definitions, ({ sql, log }) => {
      for (const [statement, expected] of statements) {
        const before = log.head();
        sql.exec(statement);
        const changes = describeChanges(log, before).split(", ").sort().join(", ");
        expect(changes, statement).toBe(expected);
      }
    }));

  it("contains the writes of a cascade", () =>
    withTables(definitions, ({ sql, log, tables }) => {
      sql.exec(
        `CREATE TABLE extra (id TEXT PRIMARY KEY NOT NULL, post TEXT REFERENCES posts (id) ON DELETE CASCADE) STRICT`,
      );
      sql.exec(`CREATE TRIGGER extra_delete AFTER DELETE ON extra BEGIN DELETE FROM notes WHERE id = OLD.id; END`);
      const post = tables.posts.create({ title: "A" });
      const note = tables.notes.create({ text: "of A" });
      sql.exec("INSERT INTO extra VALUES (?, ?)", note.id, post.id);
      const before = log.head();
      tables.posts.delete(post.id);
      expect(describeChanges(log, before)).toBe(`${note.id} delete, ${post.id} delete`);
    }));

  it("prevents a change of an id", () =>
    withTables(definitions, ({ sql, log, tables }) => {
      const { id } = tables.posts.create({ title: "A" });
      const before = log.head();
      expect(() => sql.exec("UPDATE posts SET id = 'other' WHERE id = ?", id)).toThrow("an id never changes");
      sql.exec("UPDATE posts SET id = id, title = 'B' WHERE id = ?", id);
      expect(describeChanges(log, before)).toBe(`${id} update`);
    }));

  it("gets no entry when a row to delete does not exist", () =>
    withTables(definitions, ({ log, tables }) => {
      const before = log.head();
      expect(tables.posts.delete("unknown")).toBe(false);
      expect(codeOf(() => tables.posts.update("unknown", { title: "x" }))).toBe("NOT_FOUND");
      expect(log.head()).toEqual(before);
    }));
});

describe("a range of the change log", () => {
  it("contains each row's net change, in the order of the last entries", () =>
    withTables(definitions, ({ log, tables }) => {
      const start = log.head();
      const one = tables.posts.create({ title: "1" });
      const two = tables.posts.create({ title: "2" });
      const gone = tables.posts.create({ title: "gone" });
      const note = tables.notes.create({ text: "n" });
      const middle = log.head();
      tables.posts.update(one.id, { title: "1b" });
      tables.posts.delete(gone.id);
      tables.posts.delete(two.id);

      expect(describeChanges(log, start, ["posts"])).toBe(`${one.id} create`);
      expect(describeChanges(log, start, ["notes"])).toBe(`${note.id} create`);
      expect(describeChanges(log, start, [])).toBe("");
      expect(describeChanges(log, middle)).toBe(`${one.id} update, ${gone.id} delete, ${two.id} delete`);
      expect(describeChanges(log, log.head())).toBe("");
      expect(log.tablesIn({ after: start, until: log.head() }).sort()).toEqual(["notes", "posts"]);
      expect(log.tablesIn({ after: middle, until: log.head() })).toEqual(["posts"]);
      expect(log.read({ after: middle, until: log.head() }).at(-1)?.cursor).toEqual(log.head());
    }));

  it("has the same contents in pages", () =>
    withTables(definitions, ({ log, tables }) => {
      const after = log.head();
      const rows = Array.from({ length: 25 }, (_, n) => tables.posts.create({ title: String(n) }));
      for (const { id } of rows.slice(0, 5)) tables.posts.update(id, { title: "again" });
      const until = log.head();
      const all = log.read({ after, until });
      const paged: typeof all = [];
      for (;;) {
        const page = log.read({ after, until, from: paged.at(-1)?.cursor, limit: 10 });
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(all);
      expect(all.every(({ type }) => type === "create")).toBe(true);
    }));

  it("is read with rowsById, whatever the number of rows", () =>
    withTables(definitions, ({ sql, tables, tableSet }) => {
      const rows = Array.from({ length: 250 }, (_, n) => tables.posts.create({ title: String(n) }));
      const read = tableSet.rowsById(sql, "posts", [...rows.map(({ id }) => id), "unknown"]);
      expect(read.size).toBe(250);
      for (const row of rows) expect(read.get(row.id)).toEqual(row);
      expect(tableSet.rowsById(sql, "posts", []).size).toBe(0);
      expect(tableSet.rowsById(sql, 'posts" --', ["a"]).size).toBe(0);
    }));
});

describe("cursors", () => {
  const write = (sql: SqlStorage, id: string) => sql.exec(`${INSERT} (?, 't', NULL, 0, 0)`, id);

  it("name an entry of this log, from the first one on", () =>
    withTables(definitions, ({ sql, log }) => {
      const genesis = log.head();
      expect(genesis.seq).toBe(1);
      expect(genesis.nonce).toMatch(/^[0-9a-f]{16}$/);
      expect(log.check(genesis)).toBe(true);
      write(sql, "a");
      write(sql, "b");
      expect(log.check(genesis)).toBe(true);
      expect(log.check(log.head())).toBe(true);
      expect(log.check({ ...genesis, nonce: "0".repeat(16) })).toBe(false);
      expect(log.check({ ...genesis, seq: 2 })).toBe(false);
      expect(log.check({ ...log.head(), seq: 4 })).toBe(false);
      expect(log.check({ ...genesis, seq: 0 })).toBe(false);
      expect(log.check({ ...genesis, seq: Number.MAX_SAFE_INTEGER })).toBe(false);
    }));

  it("distinguish an entry from another that took its number after a rollback", () =>
    withTables(definitions, ({ sql, log, storage }) => {
      let lost: Cursor | undefined;
      expect(() =>
        storage.transactionSync(() => {
          write(sql, "a");
          lost = log.head();
          throw new Error("no");
        }),
      ).toThrow("no");
      write(sql, "b");
      expect(log.head().seq).toBe(lost?.seq);
      expect(lost && log.check(lost)).toBe(false);
    }));
});

describe("pruning", () => {
  const prepare = (sql: SqlStorage, count: number) => {
    for (let n = 0; n < count; n++) sql.exec(`${INSERT} (?, 't', NULL, 0, 0)`, `id-${n}`);
  };
  const seqs = (sql: SqlStorage) =>
    sql
      .exec<{ seq: number }>("SELECT seq FROM _changes ORDER BY seq")
      .toArray()
      .map(({ seq }) => seq);
  const all = { maxRows: 1_000, maxAgeMs: 60_000 };

  it("keeps the newest entries up to the limit, the first one included", () =>
    withTables(definitions, ({ sql }) => {
      prepare(sql, 10);
      expect(pruneLog(sql, all)).toBe(0);
      expect(pruneLog(sql, { ...all, maxRows: 3 })).toBe(7);
      expect(seqs(sql)).toEqual([1, 9, 10, 11]);
      expect(pruneLog(sql, { ...all, maxRows: 3 })).toBe(0);
      prepare(sql, 0);
      expect(pruneLog(sql, { ...all, maxRows: 0 })).toBe(2);
      expect(seqs(sql)).toEqual([1, 11]);
    }));

  it("deletes old entries except the newest", () =>
    withTables(definitions, ({ sql, log }) => {
      prepare(sql, 3);
      sql.exec("UPDATE _changes SET at = 1000 WHERE seq <= 2");
      expect(pruneLog(sql, all)).toBe(1);
      expect(seqs(sql)).toEqual([1, 3, 4]);
      expect(pruneLog(sql, { ...all, now: Date.now() + 120_000 })).toBe(1);
      expect(seqs(sql)).toEqual([1, 4]);
      expect(log.check(log.head())).toBe(true);
    }));

  it("keeps entries up to a number of bytes", () =>
    withTables(definitions, ({ sql }) => {
      prepare(sql, 10);
      const entry = 32 + "posts".length + "id-0".length;
      expect(pruneLog(sql, { ...all, maxBytes: entry * 4 })).toBe(6);
      expect(seqs(sql)).toEqual([1, 8, 9, 10, 11]);
      expect(pruneLog(sql, { ...all, maxBytes: 0 })).toBe(3);
    }));

  it("invalidates cursors whose entries are deleted, including the first one", () =>
    withTables(definitions, ({ sql, log }) => {
      const genesis = log.head();
      prepare(sql, 3);
      const [second] = log.read({ after: genesis, until: log.head() });
      prepare(sql, 0);
      pruneLog(sql, { ...all, maxRows: 1 });
      expect(log.check(genesis)).toBe(false);
      expect(second && log.check(second.cursor)).toBe(false);
      expect(log.check(log.head()), formatCursor(log.head())).toBe(true);
    }));

  it("leaves an unused log alone", () =>
    withTables(definitions, ({ sql, log }) => {
      const genesis = log.head();
      expect(pruneLog(sql, { maxRows: 0, maxAgeMs: 0, maxBytes: 0, now: Date.now() + 1e9 })).toBe(0);
      expect(log.check(genesis)).toBe(true);
    }));
});
