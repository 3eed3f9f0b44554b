import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const Post = z.object({
  title: z.string().min(1),
  body: z.string().default("empty"),
  done: z.boolean().default(false),
  note: z.string().optional(),
  score: z.number().nullable(),
  tags: z.array(z.string()).nullish(),
});
const definitions = { posts: table(Post, { indexes: ["done"], unique: ["note"] }) };

const post = { title: "One", score: 1.5 };

describe("create", () => {
  it("returns the stored row, with its defaults and the added columns", () =>
    withTables(definitions, ({ tables, writes }) => {
      const row = tables.posts.create(post);
      expect(row).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        title: "One",
        body: "empty",
        done: false,
        score: 1.5,
        tags: null,
        createdAt: expect.any(Date),
        updatedAt: row.createdAt,
      });
      expect("note" in row).toBe(false);
      expect(tables.posts.findById(row.id)).toEqual(row);
      expect(writes()).toBe(1);
    }));

  it("refuses bad input with zod's issues, and stores nothing", () =>
    withTables(definitions, ({ tables, writes }) => {
      for (const bad of [
        { title: "", score: 1 },
        { title: "a" },
        { ...post, score: "1" },
        null,
        [],
        "text",
        undefined,
      ]) {
        expect(codeOf(() => tables.posts.create(bad as never))).toBe("BAD_REQUEST");
      }
      expect(() => tables.posts.create({ title: "", score: 1 })).toThrow(
        expect.objectContaining({
          cause: expect.objectContaining({ issues: [expect.objectContaining({ path: ["title"] })] }),
        }),
      );
      expect(tables.posts.count()).toBe(0);
      expect(writes()).toBe(0);
    }));

  it("refuses keys that the schema does not declare, though zod would drop them", () =>
    withTables(definitions, ({ tables }) => {
      for (const key of ["createdAt", "updatedAt", "role", "constructor", "toString"]) {
        expect(codeOf(() => tables.posts.create({ ...post, [key]: "x" }))).toBe("BAD_REQUEST");
      }
      const row = tables.posts.create(post);
      expect(codeOf(() => tables.posts.update(row.id, { id: "x" } as never))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.posts.update(row.id, { createdAt: new Date(0) } as never))).toBe("BAD_REQUEST");
      expect(tables.posts.all()).toEqual([row]);
    }));

  it("answers CONFLICT for a value that a unique index already contains", () =>
    withTables(definitions, ({ tables }) => {
      tables.posts.create({ ...post, note: "same" });
      expect(codeOf(() => tables.posts.create({ ...post, note: "same" }))).toBe("CONFLICT");
      const other = tables.posts.create(post);
      expect(() => tables.posts.update(other.id, { note: "same" })).toThrow(
        /"posts" already has a row with the same note/,
      );
      expect(tables.posts.count()).toBe(2);
    }));
});

describe("update", () => {
  it("keeps the other fields", () =>
    withTables(definitions, ({ tables }) => {
      const row = tables.posts.create({ ...post, note: "n", tags: ["a"] });
      const updated = tables.posts.update(row.id, { title: "Two", note: undefined });
      expect(updated).toEqual({ ...row, title: "Two", updatedAt: expect.any(Date) });
      expect(tables.posts.findById(row.id)).toEqual(updated);
    }));

  it("fills in no default, unlike zod's own partial()", () =>
    withTables(definitions, ({ tables }) => {
      const row = tables.posts.create({ ...post, done: true, body: "written" });
      expect(Post.partial().parse({ title: "Two" })).toEqual({ title: "Two", done: false, body: "empty" });
      expect(tables.posts.update(row.id, { title: "Two" })).toMatchObject({
        title: "Two",
        done: true,
        body: "written",
      });
    }));

  it("clears an optional or nullable field with null", () =>
    withTables(definitions, ({ tables }) => {
      const row = tables.posts.create({ ...post, note: "n", tags: ["a"] });
      const cleared = tables.posts.update(row.id, { note: null, score: null, tags: null });
      expect("note" in cleared).toBe(false);
      expect(cleared).toMatchObject({ score: null, tags: null });
      expect(codeOf(() => tables.posts.update(row.id, { title: null } as never))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.posts.update(row.id, { done: null } as never))).toBe("BAD_REQUEST");
    }));

  it("answers NOT_FOUND for a missing row, and find returns null", () =>
    withTables(definitions, ({ tables, writes }) => {
      expect(tables.posts.findById("unknown")).toBeNull();
      expect(codeOf(() => tables.posts.update("unknown", { title: "x" }))).toBe("NOT_FOUND");
      expect(codeOf(() => tables.posts.update("unknown", {}))).toBe("NOT_FOUND");
      expect(tables.posts.delete("unknown")).toBe(false);
      expect(codeOf(() => tables.posts.findById(1 as never))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.posts.delete(undefined as never))).toBe("BAD_REQUEST");
      expect(writes()).toBe(0);
    }));

  it("writes nothing when there is nothing to change", () =>
    withTables(definitions, ({ tables, writes, log }) => {
      const row = tables.posts.create(post);
      const head = log.head();
      expect(tables.posts.update(row.id, {})).toEqual(row);
      expect(tables.posts.update(row.id, { title: undefined })).toEqual(row);
      expect(log.head()).toEqual(head);
      expect(writes()).toBe(1);
    }));

  it("names every field that it refuses, and changes none", () =>
    withTables(definitions, ({ tables }) => {
      const row = tables.posts.create(post);
      expect(() => tables.posts.update(row.id, { title: "", done: 1, body: "new" } as never)).toThrow(
        /title: .*done: /,
      );
      expect(tables.posts.findById(row.id)).toEqual(row);
    }));

  it("refuses an asynchronous check, whatever its result", () =>
    withTables({ slow: table(z.object({ text: z.string().refine(async () => true) })) }, ({ tables }) => {
      expect(() => tables.slow.create({ text: "x" })).toThrow("async check");
      expect(tables.slow.count()).toBe(0);
    }));

  it("validates the whole row against the object's own rules", () =>
    withTables(
      {
        spans: table(
          z.object({ from: z.int(), to: z.int().optional() }).refine(({ from, to }) => to === undefined || from <= to),
        ),
      },
      ({ tables }) => {
        expect(codeOf(() => tables.spans.create({ from: 2, to: 1 }))).toBe("BAD_REQUEST");
        const span = tables.spans.create({ from: 1, to: 2 });
        expect(codeOf(() => tables.spans.update(span.id, { from: 3 }))).toBe("BAD_REQUEST");
        expect(tables.spans.update(span.id, { from: 3, to: 4 })).toMatchObject({ from: 3, to: 4 });
        expect(tables.spans.update(span.id, { to: null })).not.toHaveProperty("to");
      },
    ));
});

describe("delete, count, first and exists", () => {
  it("return what existed before and after a deletion", () =>
    withTables(definitions, ({ tables }) => {
      const row = tables.posts.create(post);
      expect([tables.posts.count(), tables.posts.exists(), tables.posts.first()]).toEqual([1, true, row]);
      expect(tables.posts.delete(row.id)).toBe(true);
      expect(tables.posts.delete(row.id)).toBe(false);
      expect([tables.posts.count(), tables.posts.exists(), tables.posts.first()]).toEqual([0, false, null]);
    }));
});

describe("transactions", () => {
  it("leave nothing of what was written before an error", () =>
    withTables(definitions, ({ tables, storage, log }) => {
      const head = log.head();
      expect(() =>
        storage.transactionSync(() => {
          tables.posts.create(post);
          throw new Error("no");
        }),
      ).toThrow("no");
      expect(tables.posts.count()).toBe(0);
      expect(log.head()).toEqual(head);
    }));
});

describe("the tables of a call", () => {
  it.each<[string, <TTables extends object>(tables: TTables) => TTables]>([
    ["a proxy", (tables) => new Proxy(tables, {})],
    ["a proxy that reads", (tables) => new Proxy(tables, { get: (...args) => Reflect.get(...args) as unknown })],
    ["an object that inherits from them", (tables) => Object.create(tables) as typeof tables],
  ])("work through %s", (_, wrap) =>
    withTables(definitions, ({ tables }) => {
      const wrapped = wrap(tables);
      const { id } = wrapped.posts.create(post);
      expect(wrapped.posts.findById(id)).toEqual(tables.posts.findById(id));
    }),
  );
});

describe("rows of two objects", () => {
  it("are separate, even by id", () =>
    withTables(definitions, async ({ tables: ours }) => {
      const row = ours.posts.create(post);
      await withTables(definitions, ({ tables: theirs }) => {
        expect(theirs.posts.findById(row.id)).toBeNull();
        expect(theirs.posts.delete(row.id)).toBe(false);
        expect(codeOf(() => theirs.posts.update(row.id, { title: "mine" }))).toBe("NOT_FOUND");
        expect(theirs.posts.all()).toEqual([]);
      });
    }));
});

describe("limits of sizes", () => {
  it("refuse a text, bytes or a row that is too large, and store nothing", () =>
    withTables(
      {
        files: table(
          z.object({ name: z.string(), text: z.string().default(""), bytes: z.instanceof(Uint8Array).optional() }),
        ),
      },
      ({ tables }) => {
        expect(codeOf(() => tables.files.create({ name: "x".repeat(1_000_001) }))).toBe("PAYLOAD_TOO_LARGE");
        expect(codeOf(() => tables.files.create({ name: "é".repeat(500_001) }))).toBe("PAYLOAD_TOO_LARGE");
        expect(codeOf(() => tables.files.create({ name: "", bytes: new Uint8Array(1_000_001) }))).toBe(
          "PAYLOAD_TOO_LARGE",
        );
        expect(codeOf(() => tables.files.create({ name: "x".repeat(600_000), text: "x".repeat(600_000) }))).toBe(
          "PAYLOAD_TOO_LARGE",
        );
        expect(tables.files.count()).toBe(0);
        const file = tables.files.create({ name: "x".repeat(600_000) });
        expect(codeOf(() => tables.files.update(file.id, { text: "x".repeat(600_000) }))).toBe("PAYLOAD_TOO_LARGE");
        expect(tables.files.findById(file.id)).toEqual(file);
        expect(tables.files.create({ name: "é".repeat(500_000) }).name).toHaveLength(500_000);
      },
    ));
});

it("keeps zod's error as the cause of a refused create or update, for error formatters", () =>
  withTables(definitions, ({ tables }) => {
    const { id } = tables.posts.create(post);
    const refused = expect.objectContaining({ code: "BAD_REQUEST", cause: expect.any(z.ZodError) as unknown }) as Error;
    expect(() => tables.posts.create({ ...post, title: "" })).toThrow(refused);
    expect(() => tables.posts.update(id, { title: "" })).toThrow(refused);
  }));
