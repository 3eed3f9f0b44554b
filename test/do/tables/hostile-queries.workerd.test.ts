import { describe, expect, it } from "vitest";
import { codeOf } from "./code-of.js";
import { hostileNames as hostile } from "./hostile-names.js";
import { thingTables, withThings } from "./things.js";
import { withTables } from "./with-tables.js";

describe("hostile strings", () => {
  it("are refused as fields, operators and directions", () =>
    withThings((query) => {
      for (const text of hostile) {
        expect(
          codeOf(() => query.where(text, "==", "x" as never)),
          text,
        ).toBe("BAD_REQUEST");
        expect(
          codeOf(() => query.orderBy(text)),
          text,
        ).toBe("BAD_REQUEST");
        expect(
          codeOf(() => query.orderBy("n", text as never)),
          text,
        ).toBe("BAD_REQUEST");
        expect(
          codeOf(() => query.where("n", text as never, 1 as never)),
          text,
        ).toBe("BAD_REQUEST");
      }
      for (const odd of [undefined, null, 1, {}, ["n"], Symbol("n"), { toString: () => "n" }]) {
        expect(codeOf(() => query.where(odd as never, "==", 1 as never))).toBe("BAD_REQUEST");
        expect(codeOf(() => query.where("n", odd as never, 1 as never))).toBe("BAD_REQUEST");
        expect(codeOf(() => query.orderBy(odd as never))).toBe("BAD_REQUEST");
      }
      expect(query.count()).toBe(5);
    }));

  it("are accepted as values", () =>
    withTables(thingTables, ({ tables }) => {
      const texts = [...hostile, "it's", '"', "\0", "a\0b", "\u2028", "😀", "%", "x".repeat(1000)];
      for (const [n, text] of texts.entries()) tables.things.create({ n, text, number: null });
      for (const [n, text] of texts.entries()) {
        expect(tables.things.where("text", "==", text).all(), text).toMatchObject([{ n, text }]);
        expect(tables.things.where("text", "startsWith", text).exists(), text).toBe(true);
        expect(tables.things.where("text", "contains", text).exists(), text).toBe(true);
        expect(tables.things.findById(text)).toBeNull();
        expect(tables.things.delete(text)).toBe(false);
      }
      expect(tables.things.count()).toBe(texts.length);
    }));

  it("are refused, not converted, as values of another type", () =>
    withThings((query) => {
      const wrong: [field: string, operator: string, value: unknown][] = [
        ["text", "==", 1],
        ["text", "==", undefined],
        ["text", "==", "\ud800"],
        ["text", "<", null],
        ["text", "in", "apple"],
        ["text", "in", [undefined]],
        ["text", "contains", null],
        ["text", "isNull", 1],
        ["number", "==", "1"],
        ["number", "==", Number.NaN],
        ["number", "contains", 1],
        ["number", "startsWith", "1"],
        ["n", "==", 1.5],
        ["flag", "==", 1],
        ["flag", "==", "true"],
        ["at", "==", 86_400_000],
        ["at", "==", new Date(Number.NaN)],
        ["big", "==", 10],
        ["tags", "<", []],
        ["tags", "startsWith", "a"],
        ["mixed", "contains", "a"],
        ["id", "==", { toString: () => "x" }],
      ];
      for (const [field, operator, value] of wrong) {
        const run = () => query.where(field, operator as never, value as never).all();
        expect(codeOf(run), `${field} ${operator} ${String(value)}`).toBe("BAD_REQUEST");
      }
    }));
});
