import { describe, expect, it } from "vitest";
import type { AnyQuery } from "../../../src/do/tables/query/create-query.js";
import { codeOf } from "./code-of.js";
import { day, found, withThings } from "./things.js";

const cases: [field: string, operator: string, value: unknown, found: number[]][] = [
  ["text", "==", "apple", [1]],
  ["text", "==", null, [4]],
  ["text", "!=", "apple", [2, 3, 4, 5]],
  ["text", "!=", null, [1, 2, 3, 5]],
  ["text", "<", "apple", [3]],
  ["text", "<=", "apple", [1, 3]],
  ["text", ">", "apple", [2, 5]],
  ["text", ">=", "apple", [1, 2, 5]],
  ["text", "in", ["apple", "", "no"], [1, 3]],
  ["text", "in", ["apple", null], [1, 4]],
  ["text", "in", [null], [4]],
  ["text", "in", [], []],
  ["text", "notIn", ["apple"], [2, 3, 4, 5]],
  ["text", "notIn", ["apple", null], [2, 3, 5]],
  ["text", "notIn", [], [1, 2, 3, 4, 5]],
  ["text", "contains", "pple", [1, 5]],
  ["text", "contains", "%", [2]],
  ["text", "contains", "_", [2]],
  ["text", "contains", "\\", [2]],
  ["text", "contains", "", [1, 2, 3, 5]],
  ["text", "contains", "x".repeat(60), []],
  ["text", "startsWith", "apple", [1, 5]],
  ["text", "startsWith", "Ä", [2]],
  ["text", "startsWith", "a%", []],
  ["text", "startsWith", "", [1, 2, 3, 5]],
  ["text", "isNull", true, [4]],
  ["text", "isNull", false, [1, 2, 3, 5]],
  ["number", "==", 0.1 + 0.2, [5]],
  ["number", "==", 0, [3]],
  ["number", "==", -0, [3]],
  ["number", "==", null, [4]],
  ["number", "!=", 0, [1, 2, 4, 5]],
  ["number", "<", 0, [2]],
  ["number", "<=", 0, [2, 3]],
  ["number", ">", 0, [1, 5]],
  ["number", ">=", 1.5, [1]],
  ["number", "in", [0, 1.5, 7], [1, 3]],
  ["number", "notIn", [0, 1.5], [2, 4, 5]],
  ["n", "==", 2, [2]],
  ["n", "!=", 2, [1, 3, 4, 5]],
  ["n", ">=", 4, [4, 5]],
  ["flag", "==", true, [1, 4]],
  ["flag", "==", false, [2, 5]],
  ["flag", "==", null, [3]],
  ["flag", "!=", true, [2, 3, 5]],
  ["flag", "<", true, [2, 5]],
  ["flag", "in", [true, null], [1, 3, 4]],
  ["at", "==", day(1), [1, 5]],
  ["at", "!=", day(1), [2, 3, 4]],
  ["at", "<", day(2), [1, 5]],
  ["at", ">=", day(2), [2, 3]],
  ["at", "in", [day(3), day(2)], [2, 3]],
  ["at", "==", null, [4]],
  ["kind", "==", "low", [1, 4]],
  ["kind", "!=", "low", [2, 3, 5]],
  ["kind", "in", ["low", "high"], [1, 2, 4]],
  ["kind", "startsWith", "hi", [2]],
  ["big", "==", 10n, [1]],
  ["big", "<", 9n, [2, 4]],
  ["big", ">", -10n, [1, 3, 4, 5]],
  ["big", ">=", 10n, [1, 5]],
  ["big", "in", [0n, 10n ** 39n], [4, 5]],
  ["bytes", "==", new Uint8Array([1, 2]), [3]],
  ["bytes", "==", new Uint8Array([9, 1, 2, 9]).subarray(1, 3), [3]],
  ["bytes", "==", new Uint8Array(), [4]],
  ["bytes", "!=", new Uint8Array(), [1, 2, 3, 5]],
  ["tags", "contains", "a", [1]],
  ["tags", "contains", 1, [1]],
  ["tags", "contains", "1", [2]],
  ["tags", "contains", true, [1]],
  ["tags", "contains", null, [1]],
  ["tags", "contains", false, []],
  ["tags", "contains", { b: day(1), a: 1 }, [2]],
  ["tags", "contains", { a: 1 }, []],
  ["tags", "contains", 0.1 + 0.2, [5]],
  ["tags", "contains", 0.3, []],
  ["tags", "contains", 2e300, [5]],
  ["tags", "==", [], [3]],
  ["tags", "==", ["a", 1, true, null], [1]],
  ["tags", "!=", [], [1, 2, 4, 5]],
  ["tags", "==", null, [4]],
  ["mixed", "==", 1, [3]],
  ["mixed", "==", "1", [4]],
  ["mixed", "in", [1, "1"], [3, 4]],
  ["mixed", "!=", 1, [1, 2, 4, 5]],
];

describe("where", () => {
  it("returns the right rows for every operator and type", () =>
    withThings((query) => {
      for (const [field, operator, value, expected] of cases) {
        const message = `${field} ${operator} ${String(value)}`;
        expect(found(query.where(field, operator as never, value as never)), message).toEqual(expected);
        const count = query.where(field, operator as never, value as never).count();
        expect(count, message).toBe(expected.length);
        expect(query.where(field, operator as never, value as never).exists(), message).toBe(expected.length > 0);
      }
    }));

  it("accepts id, createdAt and updatedAt as fields", () =>
    withThings((query) => {
      const [one, two] = query.orderBy("n").all();
      expect(found(query.where("id", "==", String(one?.id)))).toEqual([1]);
      expect(found(query.where("id", "in", [String(one?.id), String(two?.id)]))).toEqual([1, 2]);
      expect(found(query.where("createdAt", "<=", new Date()))).toHaveLength(5);
      expect(found(query.where("updatedAt", ">", new Date(Date.now() + 1000)))).toEqual([]);
      expect(query.orderBy("id", "desc").first()).toMatchObject({ n: 5 });
    }));

  it("combines conditions with AND, and never changes a query", () =>
    withThings((query) => {
      const low = query.where("kind", "==", "low");
      const early = low.where("at", "<", day(2));
      expect([found(low), found(early), found(query)]).toEqual([[1, 4], [1], [1, 2, 3, 4, 5]]);
    }));

  it("accepts a hundred conditions, and lists of any length", () =>
    withThings((query) => {
      let many = query;
      for (let count = 0; count < 100; count++) many = many.where("n", "!=", 100 + count);
      expect(many.count()).toBe(5);
      expect(codeOf(() => many.where("n", "==", 1).all())).toBe("BAD_REQUEST");
      expect(many.limit(3).all()).toHaveLength(3);
      expect(many.offset(1).limit(9).count()).toBe(4);
      const numbers = Array.from({ length: 100_000 }, (_, index) => index);
      expect(found(query.where("n", "in", numbers))).toHaveLength(5);
      expect(found(query.where("n", "notIn", numbers))).toHaveLength(0);
      let nulls = query;
      for (let count = 0; count < 500; count++) nulls = nulls.where("text", "isNull", true);
      expect(found(nulls)).toEqual([4]);
    }));
});

describe("orderBy, limit and offset", () => {
  it("sort by any field, and by several", () =>
    withThings((query) => {
      const numbers = (sorted: AnyQuery) => sorted.all().map((row) => row["n"]);
      expect(numbers(query.orderBy("number"))).toEqual([4, 2, 3, 5, 1]);
      expect(numbers(query.orderBy("number", "desc"))).toEqual([1, 5, 3, 2, 4]);
      expect(numbers(query.orderBy("big"))).toEqual([2, 4, 3, 1, 5]);
      expect(numbers(query.orderBy("text"))).toEqual([4, 3, 1, 5, 2]);
      expect(numbers(query.orderBy("flag", "desc").orderBy("n", "desc"))).toEqual([4, 1, 5, 2, 3]);
      expect(numbers(query.orderBy("createdAt"))).toEqual([1, 2, 3, 4, 5]);
    }));

  it("limit and skip rows", () =>
    withThings((query) => {
      const sorted = query.orderBy("n");
      const numbers = (some: AnyQuery) => some.all().map((row) => row["n"]);
      expect(numbers(sorted.limit(0))).toEqual([]);
      expect(numbers(sorted.limit(2))).toEqual([1, 2]);
      expect(numbers(sorted.offset(3))).toEqual([4, 5]);
      expect(numbers(sorted.limit(2).offset(1))).toEqual([2, 3]);
      expect(numbers(sorted.limit(1e9))).toEqual([1, 2, 3, 4, 5]);
      expect(numbers(sorted.limit(Number.MAX_SAFE_INTEGER).offset(Number.MAX_SAFE_INTEGER))).toEqual([]);
      expect(sorted.limit(0).first()).toBeNull();
      expect(sorted.offset(4).first()).toMatchObject({ n: 5 });
      expect([sorted.limit(2).count(), sorted.offset(4).count(), sorted.limit(0).exists()]).toEqual([2, 1, false]);
    }));

  it("accept whole numbers only", () =>
    withThings((query) => {
      for (const bad of [
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 53,
        "1",
        "1; drop table things",
        null,
        undefined,
        1n,
      ]) {
        expect(
          codeOf(() => query.limit(bad as never)),
          String(bad),
        ).toBe("BAD_REQUEST");
        expect(
          codeOf(() => query.offset(bad as never)),
          String(bad),
        ).toBe("BAD_REQUEST");
      }
    }));
});
