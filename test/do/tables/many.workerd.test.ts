import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const Person = z.object({
  email: z.string().trim().min(1),
  team: z.string().optional(),
  name: z.string().default("nobody"),
  stars: z.int().max(5).optional(),
});
const people = table(Person, { unique: ["email", ["team", "name"]] });
const ranges = table(z.object({ from: z.int(), to: z.int() }).refine(({ from, to }) => from <= to, "from before to"));

describe("many rows at once", () => {
  it("are all stored by createMany, or none", () =>
    withTables({ people }, ({ tables, writes, log }) => {
      const created = tables.people.createMany([{ email: "a" }, { email: "b", stars: 2 }]);
      expect(tables.people.orderBy("id").all()).toEqual(created);
      expect(tables.people.createMany([])).toEqual([]);
      const head = log.head();
      expect(codeOf(() => tables.people.createMany([{ email: "c" }, { email: "a" }]))).toBe("CONFLICT");
      expect(codeOf(() => tables.people.createMany([{ email: "c" }, { email: "" }]))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.people.createMany([{ email: "c" }, { email: "d", id: "x" }]))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.people.createMany({} as never))).toBe("BAD_REQUEST");
      expect(log.head()).toEqual(head);
      expect(writes()).toBe(1);
    }));

  it("are stored together by createMany when they exceed the values of one statement", () =>
    withTables({ people }, ({ tables, log }) => {
      const values = Array.from({ length: 57 }, (_, n) => ({ email: `${n}`, stars: n % 6 }));
      const created = tables.people.createMany(values);
      expect(created.map(({ email, stars }) => ({ email, stars }))).toEqual(values);
      expect(tables.people.orderBy("id").all()).toEqual(created);
      const head = log.head();
      expect(head.seq).toBe(58);
      const fresh = values.map(({ email }) => ({ email: `new ${email}` }));
      expect(codeOf(() => tables.people.createMany([...fresh, { email: "0" }]))).toBe("CONFLICT");
      expect(codeOf(() => tables.people.createMany([...fresh, fresh[0]!]))).toBe("CONFLICT");
      expect(codeOf(() => tables.people.createMany([...fresh, { email: "x".repeat(1_000_001) }]))).toBe(
        "PAYLOAD_TOO_LARGE",
      );
      expect(log.head()).toEqual(head);
      expect(tables.people.count()).toBe(57);
    }));

  it("are updated by upsert where they exist, which keeps omitted fields", () =>
    withTables({ people }, ({ tables }) => {
      const first = tables.people.upsert({ email: "a", name: "Ann", stars: 3 }, { on: "email" });
      const second = tables.people.upsert({ email: " a ", team: "t" }, { on: ["email"] });
      expect(second).toEqual({ ...first, team: "t", updatedAt: second.updatedAt });
      expect(tables.people.upsert({ email: "b", team: "t", name: "Ann" }, { on: ["name", "team"] }).id).toBe(first.id);
      expect(tables.people.count()).toBe(1);
      for (const on of ["stars", "team", ["email", "name"], "id", [], null, "email; drop table people"]) {
        expect(codeOf(() => tables.people.upsert({ email: "a" }, { on } as never))).toBe("BAD_REQUEST");
      }
      expect(codeOf(() => tables.people.upsert({ email: "a" }, { on: ["team", "name"] }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.people.upsert({ email: "c", stars: 9 }, { on: "email" }))).toBe("BAD_REQUEST");
      tables.people.create({ email: "d" });
      expect(codeOf(() => tables.people.upsert({ email: "d", team: "t", name: "Ann" }, { on: "email" }))).toBe(
        "CONFLICT",
      );
    }));

  it("are changed by updateWhere and deleteWhere under a condition, or none", () =>
    withTables({ people }, ({ tables, log }) => {
      const rows = tables.people.createMany(["a", "b", "c"].map((email, stars) => ({ email, stars })));
      expect(tables.people.updateWhere((is) => is("stars", ">", 0), { stars: null, name: "x" })).toBe(2);
      expect(tables.people.where("stars", "isNull", true).count()).toBe(2);
      for (const row of tables.people.where("name", "==", "x").all()) {
        expect(row.updatedAt.getTime()).toBeGreaterThan(rows.find(({ id }) => id === row.id)!.updatedAt.getTime());
      }
      const head = log.head();
      expect(codeOf(() => tables.people.updateWhere((is) => is.and(), { email: "z" }))).toBe("CONFLICT");
      expect(codeOf(() => tables.people.updateWhere((is) => is.and(), { stars: 9 }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.people.updateWhere((is) => is.and(), { id: "x" } as never))).toBe("BAD_REQUEST");
      const long = "x".repeat(900_000);
      const [{ id }] = rows as [(typeof rows)[0]];
      tables.people.update(id, { name: long });
      expect(codeOf(() => tables.people.updateWhere((is) => is("email", "!=", "b"), { team: long }))).toBe(
        "PAYLOAD_TOO_LARGE",
      );
      expect(tables.people.where("team", "isNull", false).exists()).toBe(false);
      expect(log.head().seq).toBe(head.seq + 1);
      expect(tables.people.updateWhere((is) => is.or(), { team: "t" })).toBe(0);
      expect(tables.people.updateWhere((is) => is.and(), {})).toBe(0);
      expect(tables.people.deleteWhere((is) => is("email", "in", ["a", "c"]))).toBe(2);
      expect(tables.people.deleteWhere((is) => is("email", "in", ["a", "c"]))).toBe(0);
      expect(tables.people.all().map(({ email }) => email)).toEqual(["b"]);
    }));

  it("are each validated by updateWhere against the object's rules", () =>
    withTables({ ranges }, ({ tables }) => {
      tables.ranges.createMany([
        { from: 1, to: 9 },
        { from: 1, to: 2 },
      ]);
      expect(codeOf(() => tables.ranges.updateWhere((is) => is.and(), { from: 5 }))).toBe("BAD_REQUEST");
      expect(tables.ranges.where("from", "==", 1).count()).toBe(2);
      expect(tables.ranges.updateWhere((is) => is("to", "==", 9), { from: 5 })).toBe(1);
    }));

  it("are updated by exactly one of 20 updates of one version", () =>
    withTables({ people, ranges }, ({ tables, log }) => {
      const row = tables.people.create({ email: "a" });
      const outcomes = Array.from({ length: 20 }, (_, n) =>
        codeOf(() => tables.people.update(row.id, { name: String(n) }, { ifVersion: row.updatedAt })),
      );
      expect(outcomes).toEqual([undefined, ...Array.from({ length: 19 }, () => "CONFLICT")]);
      expect(tables.people.findById(row.id)?.name).toBe("0");
      // Versions within one millisecond differ.
      let last = tables.people.findById(row.id)!;
      for (let n = 0; n < 50; n++) {
        const next = tables.people.update(row.id, { name: `n${n}` }, { ifVersion: last.updatedAt });
        expect(next.updatedAt.getTime()).toBeGreaterThan(last.updatedAt.getTime());
        last = next;
      }
      const head = log.head();
      expect(codeOf(() => tables.people.update(row.id, {}, { ifVersion: row.updatedAt }))).toBe("CONFLICT");
      expect(tables.people.update(row.id, {}, { ifVersion: last.updatedAt })).toEqual(last);
      expect(codeOf(() => tables.people.update("no", { name: "x" }, { ifVersion: last.updatedAt }))).toBe("NOT_FOUND");
      for (const ifVersion of [1, "x", null, new Date(Number.NaN), {}]) {
        expect(codeOf(() => tables.people.update(row.id, { name: "x" }, { ifVersion } as never))).toBe("BAD_REQUEST");
      }
      expect(log.head()).toEqual(head);
    }));
});
