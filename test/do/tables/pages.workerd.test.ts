import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const definitions = {
  things: table(
    z.object({
      n: z.int(),
      group: z.string().nullable(),
      at: z.date().optional(),
      score: z.number().optional(),
      bytes: z.instanceof(Uint8Array).optional(),
      big: z.bigint().optional(),
      flag: z.boolean().optional(),
    }),
    { indexes: ["n", ["group", "id"]] },
  ),
};

const rows = Array.from({ length: 23 }, (_, n) => ({
  n,
  group: n % 4 === 0 ? null : "abc"[n % 3]!,
  ...(n % 5 === 0 ? {} : { at: new Date(n % 7), score: 0.1 * (n % 6), flag: n % 2 === 0 }),
  ...(n % 3 === 0 ? {} : { bytes: new Uint8Array([n % 2, 255]), big: BigInt(5 - (n % 10)) }),
}));
const fields = ["n", "group", "at", "score", "bytes", "big", "flag", "createdAt", "id"] as const;
const directions = ["asc", "desc"] as const;

describe("page", () => {
  it("returns the rows of all(), in any order", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(rows);
      for (const first of fields) {
        for (const [one, other] of directions.flatMap((d) => directions.map((e) => [d, e] as const))) {
          const query = tables.things.where("n", "<", 20).orderBy(first, one).orderBy("group", other);
          const items: unknown[] = [];
          let after: string | null = null;
          do {
            const page: ReturnType<typeof query.page> = query.page({ cursor: after, limit: 3 });
            items.push(...page.items);
            after = page.nextCursor;
          } while (after !== null);
          expect(items).toEqual(query.all());
        }
      }
      expect(tables.things.page({ limit: 23 })).toEqual({ items: tables.things.orderBy("id").all(), nextCursor: null });
      expect(tables.things.where("n", "<", 0).page()).toEqual({ items: [], nextCursor: null });
    }));

  it("is stable while rows are created and deleted, including the last one of a page", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(rows);
      const query = tables.things.select("group").orderBy("n");
      const { items, nextCursor } = query.page({ limit: 5 });
      expect(items).toEqual(rows.slice(0, 5).map(({ group }) => ({ group })));
      tables.things.deleteWhere((is) => is("n", "in", [3, 4, 5]));
      tables.things.createMany([-1, 1, 2].map((n) => ({ n, group: null })));
      expect(
        tables.things
          .orderBy("n")
          .page({ limit: 2 })
          .items.map(({ n }) => n),
      ).toEqual([-1, 0]);
      expect(query.page({ cursor: nextCursor, limit: 2 }).items).toEqual([{ group: rows[6]!.group }, { group: "b" }]);
    }));

  it("refuses forged cursors, those of other queries, and invalid sizes", () =>
    withTables(definitions, ({ tables }) => {
      tables.things.createMany(rows);
      const query = tables.things.where("n", ">", 1).orderBy("group");
      const after = query.page({ limit: 2 }).nextCursor!;
      expect(query.page({ cursor: after, limit: 7 }).items).toHaveLength(7);
      const others = [
        tables.things.orderBy("group"),
        tables.things.where("n", ">", 2).orderBy("group"),
        tables.things.where("n", ">", 1).orderBy("group", "desc"),
        tables.things.where("n", ">", 1).orderBy("n"),
      ];
      for (const other of others) expect(codeOf(() => other.page({ cursor: after }))).toBe("BAD_REQUEST");

      const [mark] = JSON.parse(atob(after)) as [string];
      const forge = (...values: unknown[]) => btoa(JSON.stringify([mark, ...values])).replaceAll("=", "");
      expect(query.page({ cursor: forge("z' OR 1=1 --", "") }).items).toEqual([]);
      for (const forged of [
        "",
        "x",
        "\u{1F600}",
        forge(),
        forge(1, "x"),
        forge("a", null),
        forge("a", "x", "y"),
        forge({ hex: "00" }, "x"),
        btoa("[]"),
        btoa("{}"),
        btoa("1"),
        "A".repeat(1e6),
        7,
        {},
        [],
      ]) {
        expect(codeOf(() => query.page({ cursor: forged as string }))).toBe("BAD_REQUEST");
      }
      for (const size of [0, -1, 1001, 1.5, Number.NaN, 1e9, "5"]) {
        expect(codeOf(() => query.page({ limit: size as number }))).toBe("BAD_REQUEST");
      }
      expect(codeOf(() => query.limit(5).page())).toBe("BAD_REQUEST");
      expect(codeOf(() => query.offset(5).page())).toBe("BAD_REQUEST");
    }));
});
