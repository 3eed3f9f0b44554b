import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const definitions = {
  things: table(
    z.object({
      text: z.string().optional(),
      bytes: z.instanceof(Uint8Array).optional(),
      json: z.array(z.string()).optional(),
      n: z.int(),
    }),
    { indexes: ["text"] },
  ),
};
const names = ["text", "bytes", "json"] as const;
const directions = ["asc", "desc"] as const;

interface Query {
  page(options: { cursor?: string | null; limit?: number }): { items: unknown[]; nextCursor: string | null };
}

/** The pages of a query, and the longest of their cursors. */
function readAll(query: Query, size: number, between: (page: number) => void = () => {}) {
  const items: unknown[] = [];
  let longest = 0;
  let page = 0;
  for (let after: string | null = null; page === 0 || after !== null;) {
    const read = query.page({ cursor: after, limit: size });
    items.push(...read.items);
    after = read.nextCursor;
    longest = Math.max(longest, after?.length ?? 0);
    between(page++);
    if (page > 1_000) throw new Error("The pages do not end.");
  }
  return { items, longest };
}

const chunk = fc.constantFrom("a", "\u{1F600}", "\u{10FFFF}", "\0", "ü", "\uD7FF", "\uFFFF", "~");
const longText = fc.tuple(chunk, fc.nat({ max: 6_000 }), fc.string({ maxLength: 3 })).map(([one, length, end]) => {
  const text = one.repeat(length) + end;
  return text.isWellFormed() ? text : "";
});
const longBytes = fc
  .tuple(fc.constantFrom(0, 1, 254, 255), fc.nat({ max: 6_000 }), fc.uint8Array({ maxLength: 3 }))
  .map(([fill, length, end]) => new Uint8Array([...new Uint8Array(length).fill(fill), ...end]));
const row = fc.record({
  text: fc.option(longText, { nil: undefined }),
  bytes: fc.option(longBytes, { nil: undefined }),
  json: fc.option(
    longText.map((text) => [text]),
    { nil: undefined },
  ),
  n: fc.nat({ max: 3 }),
});

describe("page, sorted by long values", () => {
  it("returns every row once, in order, with a short cursor", () =>
    withTables(definitions, ({ tables }) => {
      fc.assert(
        fc.property(fc.array(row, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (rows, size) => {
          tables.things.createMany(rows);
          for (const name of names) {
            for (const direction of directions) {
              const query = tables.things.orderBy(name, direction).orderBy("n");
              const { items, longest } = readAll(query, size);
              expect(items).toEqual(query.all());
              expect(longest).toBeLessThan(40_000);
            }
          }
          tables.things.deleteWhere((is) => is("n", ">=", 0));
        }),
        { numRuns: 20 },
      );
    }));

  it("skips no row when the cursor's row is deleted or changed", () =>
    withTables(definitions, ({ tables }) => {
      for (const text of ["x", "\u{10FFFF}"]) {
        for (const direction of directions) {
          for (const change of ["delete", "update"] as const) {
            const rows = tables.things.createMany(
              Array.from({ length: 9 }, (_, n) => ({ text: text.repeat(5_000) + String(n), n })),
            );
            const query = tables.things.orderBy("text", direction);
            const gone = rows[direction === "asc" ? 3 : 5]!;
            const { items } = readAll(query, 4, (page) => {
              if (page > 0) return;
              if (change === "delete") tables.things.delete(gone.id);
              else tables.things.update(gone.id, { text: "a" });
            });
            const seen = new Set(items.map((item) => (item as { n: number }).n));
            expect(seen).toEqual(new Set(rows.map(({ n }) => n)));
            tables.things.deleteWhere((is) => is("n", ">=", 0));
          }
        }
      }
    }));

  it("skips no row when the cursor's row with long bytes is deleted", () =>
    withTables(definitions, ({ tables }) => {
      for (const fill of [7, 255]) {
        for (const direction of directions) {
          const rows = tables.things.createMany(
            Array.from({ length: 9 }, (_, n) => ({ bytes: new Uint8Array(5_000 + n).fill(fill), n })),
          );
          const gone = rows[direction === "asc" ? 3 : 5]!;
          const { items } = readAll(tables.things.orderBy("bytes", direction), 4, (page) => {
            if (page === 0) tables.things.delete(gone.id);
          });
          expect(new Set(items.map((item) => (item as { n: number }).n))).toEqual(new Set(rows.map(({ n }) => n)));
          tables.things.deleteWhere((is) => is("n", ">=", 0));
        }
      }
    }));

  it("refuses forged long keys, which read no other row's value", () =>
    withTables(definitions, ({ tables }) => {
      const [first] = tables.things.createMany(
        Array.from({ length: 3 }, (_, n) => ({ text: "b".repeat(9_000) + n, n })),
      );
      const query = tables.things.orderBy("text");
      const [mark, key] = JSON.parse(atob(query.page({ limit: 1 }).nextCursor!)) as [string, object];
      const forge = (...values: unknown[]) => btoa(JSON.stringify([mark, ...values])).replaceAll("=", "");
      // A digest that is not the row's: the position is the beginning of the prefix.
      const guess = { ...key, digest: "guess" };
      expect(query.page({ cursor: forge(guess, first!.id) }).items).toHaveLength(3);
      for (const wrong of [
        { ...key, digest: 1 },
        { ...key, digest: "x".repeat(100) },
        { digest: "x" },
        { bytes: "00", digest: "x" },
        { text: 1, digest: "x" },
      ]) {
        expect(codeOf(() => query.page({ cursor: forge(wrong, first!.id) }))).toBe("BAD_REQUEST");
      }
    }));
});

describe("a page of long rows", () => {
  it("ends before the rows take more than 4 MiB, and contains at least one", () =>
    withTables(definitions, ({ tables }) => {
      const lengths = [...Array<number>(12).fill(900_000), 10, 10, 10, ...Array<number>(5).fill(990_000)];
      tables.things.createMany(lengths.map((length, n) => ({ text: "x".repeat(length), n })));
      const query = tables.things.orderBy("n");
      const counts: number[] = [];
      let read: string[] = [];
      for (let after: string | null = null; counts.length === 0 || after !== null;) {
        const page: { items: { id: string }[]; nextCursor: string | null } = query.page({
          cursor: after,
          limit: 1_000,
        });
        counts.push(page.items.length);
        read = [...read, ...page.items.map(({ id }) => id)];
        after = page.nextCursor;
      }
      expect(counts).toEqual([4, 4, 7, 4, 1]);
      expect(read).toEqual(
        query
          .select("id")
          .all()
          .map(({ id }) => id),
      );
      // Fields that are not read do not count.
      expect(query.select("n").page({ limit: 1_000 }).items).toHaveLength(lengths.length);
    }));
});

describe("a hundred comparisons", () => {
  it("work with a cursor, and with the values of an update", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(
        Array.from({ length: 30 }, (_, n) => ({ text: `t${n}`, bytes: new Uint8Array([n]), n })),
      );
      const other = (n: number) => n + 1_000;
      const query = Array.from({ length: 100 }, (_, n) => n).reduce<ReturnType<typeof tables.things.where>>(
        (all, n) => {
          if (n % 3 === 0) return all.where("text", "!=", `none ${n} \0 "?`);
          return n % 3 === 1 ? all.where("n", "!=", other(n)) : all.where("bytes", "!=", new Uint8Array([n, n]));
        },
        tables.things.where("n", "<", 1e9).where("n", "!=", 3).limit(0),
      );
      expect(codeOf(() => query.all())).toBe("BAD_REQUEST");
      const allowed = Array.from({ length: 100 }, (_, n) => n).reduce<ReturnType<typeof tables.things.where>>(
        (all, n) => (n === 5 ? all.where("n", "!=", 3) : all.where("text", "!=", `none ${n}`)),
        tables.things.orderBy("bytes", "desc").orderBy("text"),
      );
      const expected = allowed.all();
      expect(expected).toHaveLength(29);
      expect(readAll(allowed, 7).items).toEqual(expected);
      const changed = tables.things.updateWhere(
        (is) => is.and(...Array.from({ length: 100 }, (_, n) => is("text", "!=", `t${n + 1}`))),
        { text: "y".repeat(20_000), bytes: new Uint8Array([1, 2]), json: ["\0"], n: -1 },
      );
      expect(changed).toBe(1);
      expect(tables.things.where("n", "==", -1).all()).toMatchObject([
        { text: "y".repeat(20_000), bytes: new Uint8Array([1, 2]), json: ["\0"] },
      ]);
    }));
});
