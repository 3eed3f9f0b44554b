import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { codeOf } from "../tables/code-of.js";
import { badKeys, oddKeys, values } from "./keys-and-values.js";
import { withKv } from "./with-kv.js";

afterEach(() => void vi.useRealTimers());

describe("keys", () => {
  it("can be any text", () =>
    withKv(({ kv }) => {
      for (const [index, key] of oddKeys.entries()) kv.set(key, index);
      for (const [index, key] of oddKeys.entries()) expect(kv.get(key)).toBe(index);
      expect(kv.list().items).toHaveLength(oddKeys.length);
      for (const key of oddKeys) expect(kv.delete(key)).toBe(true);
      expect(kv.list()).toEqual({ items: [], nextCursor: null });
    }));

  it("are refused by each method when they are invalid", () =>
    withKv(({ kv, sql }) => {
      for (const [name, bad] of badKeys) {
        // Values that a cast, or JavaScript, allows.
        const key = bad as string;
        for (const run of [
          () => kv.get(key),
          () => kv.getEntry(key),
          () => kv.set(key, 1),
          () => kv.delete(key),
          () => kv.increment(key),
          () => kv.watch({ key }),
        ])
          expect([name, codeOf(run)]).toEqual([name, "BAD_REQUEST"]);
      }
      expect(sql.exec("SELECT count(*) AS n FROM _kv").one()).toEqual({ n: 0 });
    }));

  it("are validated like prefixes and cursors", () =>
    withKv(({ kv }) => {
      for (const [name, bad] of badKeys.filter(([, key]) => key !== "" && key !== undefined)) {
        const prefix = bad as string;
        expect([name, codeOf(() => kv.list({ prefix }))]).toEqual([name, "BAD_REQUEST"]);
        if (bad !== null) expect([name, codeOf(() => kv.list({ cursor: prefix }))]).toEqual([name, "BAD_REQUEST"]);
        expect([name, codeOf(() => kv.watch({ prefix }))]).toEqual([name, "BAD_REQUEST"]);
      }
    }));
});

describe("values", () => {
  it("are returned as they were stored", () =>
    withKv(({ kv }) => {
      for (const value of values) {
        kv.set("key", value);
        expect(kv.get("key")).toStrictEqual(value);
      }
    }));

  it.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a function inside", { list: [() => 1] }],
    ["a symbol", Symbol("x")],
    ["an instance", new URL("https://example.com")],
    ["NaN", Number.NaN],
    ["an infinity", [Infinity]],
    ["an invalid date", new Date(Number.NaN)],
    ["half a surrogate pair", { text: "\ud800" }],
    ["a key __proto__", JSON.parse('{"__proto__":1}') as unknown],
    ["a key constructor", { list: [{ constructor: 1 }] }],
    ["a key prototype", new Map([[{ prototype: 1 }, 1]])],
    ["a bigint of 300,000 digits", 10n ** 41n],
    ["a cycle", Object.assign<unknown[], unknown>([], { 0: null })],
    ["a RegExp", /(a+)+$/],
  ])("of %s are refused with BAD_REQUEST", (_name, value) =>
    withKv(({ kv }) => {
      if (Array.isArray(value) && value.length === 1 && value[0] === null) value[0] = value;
      expect(codeOf(() => kv.set("key", value))).toBe("BAD_REQUEST");
      expect(kv.get("key")).toBeUndefined();
    }),
  );

  it("are refused at once if they are an array with a huge length and no elements", () =>
    withKv(({ kv }) => {
      const sparse: unknown[] = [];
      sparse.length = 2 ** 32 - 1;
      expect(codeOf(() => kv.set("key", sparse))).toBe("BAD_REQUEST");
      expect(codeOf(() => kv.set("key", { sparse }))).toBe("BAD_REQUEST");
      expect(
        codeOf(() =>
          kv.set(
            "key",
            Array.from({ length: 100_001 }, () => 0),
          ),
        ),
      ).toBe("PAYLOAD_TOO_LARGE");
    }));

  it("fit up to 1 MiB, and not with one more byte", () =>
    withKv(({ kv }) => {
      const text = "x".repeat(1_048_576 - 2);
      kv.set("key", text);
      expect(kv.get("key")).toBe(text);
      expect(codeOf(() => kv.set("key", `${text}x`))).toBe("PAYLOAD_TOO_LARGE");
      expect(codeOf(() => kv.set("key", "€".repeat(350_000)))).toBe("PAYLOAD_TOO_LARGE");
      expect(codeOf(() => kv.set("key", new Uint8Array(1_048_576)))).toBe("PAYLOAD_TOO_LARGE");
      expect(kv.get("key")).toBe(text);
    }));

  it("of a declared key have the output type of its schema, and no other value is accepted", () =>
    withKv(
      ({ kv }) => {
        kv.set("preferences", { theme: "dark", stray: 1 });
        expect(kv.get("preferences")).toEqual({ theme: "dark", size: 12 });
        expect(() => kv.set("preferences", { theme: "pink" })).toThrow(
          expect.objectContaining({ code: "BAD_REQUEST", cause: expect.any(z.ZodError) as unknown }),
        );
        expect(kv.get("preferences")).toEqual({ theme: "dark", size: 12 });
        kv.set("Preferences", { theme: "pink" });
        // The prototype of the schemas declares nothing either.
        kv.set("toString", 1);
      },
      { preferences: z.object({ theme: z.enum(["light", "dark"]), size: z.number().default(12) }) },
    ));

  it("that were stored before the schema changed are returned as they were stored", () =>
    withKv(
      ({ kv, sql }) => {
        sql.exec("INSERT INTO _kv VALUES ('preferences', 1, NULL, 0, 0, '{\"colour\":1}')");
        expect(kv.get("preferences")).toEqual({ colour: 1 });
      },
      { preferences: z.object({ theme: z.string() }) },
    ));

  it("cannot be validated by an asynchronous schema", () =>
    withKv(
      ({ kv }) => {
        expect(() => kv.set("slow", 1)).toThrow('The schema of the key "slow" has an async check');
      },
      { slow: z.number().refine(() => Promise.resolve(true)) },
    ));
});

describe("versions", () => {
  it("restrict a write with ifVersion to the value that was read", () =>
    withKv(({ kv }) => {
      const { version } = kv.set("key", 1, { ifVersion: 0 });
      expect(codeOf(() => kv.set("key", 2, { ifVersion: 0 }))).toBe("CONFLICT");
      expect(codeOf(() => kv.set("key", 2, { ifVersion: version + 1 }))).toBe("CONFLICT");
      const next = kv.set("key", 2, { ifVersion: version });
      expect(codeOf(() => kv.delete("key", { ifVersion: version }))).toBe("CONFLICT");
      expect(kv.getEntry("key")).toMatchObject({ value: 2, version: next.version });
      expect(kv.delete("key", { ifVersion: next.version })).toBe(true);
      expect(codeOf(() => kv.set("key", 3, { ifVersion: next.version }))).toBe("CONFLICT");
    }));

  it("are never repeated, neither by a deletion nor by the clock", () =>
    withKv(({ kv }) => {
      vi.useFakeTimers({ now: 1_000_000 });
      const seen = new Set<number>();
      for (let round = 0; round < 20; round++) {
        seen.add(kv.set("key", 1, round % 2 === 0 ? { ttl: 1 } : {}).version);
        if (round % 3 === 0) kv.delete("key");
        if (round % 4 === 0) vi.setSystemTime(Date.now() + 2_000);
      }
      expect(seen.size).toBe(20);
    }));

  it.each([-1, 1.5, Number.NaN, "1", null])("make ifVersion %j a BAD_REQUEST", (ifVersion) =>
    withKv(({ kv }) => {
      expect(codeOf(() => kv.set("key", 1, { ifVersion: ifVersion as number }))).toBe("BAD_REQUEST");
    }),
  );
});

describe("ttl", () => {
  it("hides expired keys in every method, although they are still stored", () =>
    withKv(({ kv, sql, store, writes }) => {
      vi.useFakeTimers({ now: 1_000_000 });
      const { version } = kv.set("key", 5, { ttl: 1.5 });
      expect(writes).toEqual([1_001_500]);
      vi.setSystemTime(1_001_499);
      expect(kv.getEntry("key")).toMatchObject({ value: 5, expiresAt: new Date(1_001_500) });
      vi.setSystemTime(1_001_500);
      expect(sql.exec("SELECT count(*) AS n FROM _kv").one()).toEqual({ n: 1 });
      expect(kv.get("key")).toBeUndefined();
      expect(kv.list().items).toEqual([]);
      expect(store.readSome(["key"], Date.now())).toEqual([]);
      expect(kv.delete("key")).toBe(false);
      expect(codeOf(() => kv.set("key", 6, { ifVersion: version }))).toBe("CONFLICT");
      expect(kv.increment("key")).toBe(1);
      const entry = kv.getEntry("key");
      expect(entry).toMatchObject({ value: 1, expiresAt: undefined, createdAt: new Date(1_001_500) });
    }));

  it("is removed by a set without ttl, and stays after an increment", () =>
    withKv(({ kv }) => {
      vi.useFakeTimers({ now: 1_000_000 });
      kv.set("key", 1, { ttl: 10 });
      expect(kv.increment("key", 2)).toBe(3);
      expect(kv.getEntry("key")).toMatchObject({ value: 3, expiresAt: new Date(1_010_000) });
      kv.set("key", 1);
      expect(kv.getEntry("key")).toMatchObject({ expiresAt: undefined, createdAt: new Date(1_000_000) });
    }));

  it.each([0, -1, Number.NaN, Infinity, 1e12, "10", null])("of %j is BAD_REQUEST", (ttl) =>
    withKv(({ kv }) => {
      expect(codeOf(() => kv.set("key", 1, { ttl: ttl as number }))).toBe("BAD_REQUEST");
    }),
  );
});

describe("list", () => {
  it("returns all keys once in pages, in the order of their bytes", () =>
    withKv(({ kv }) => {
      const keys = ["a", "a:1", "a:2", "a;", "b", "Z", "é", "\u{1f600}", "\uffff", "a:%", "a:_"];
      for (const key of keys) kv.set(key, key);
      const bytes = new TextEncoder();
      const sorted = keys.toSorted((one, other) => compare(bytes.encode(one), bytes.encode(other)));
      const seen: string[] = [];
      for (let cursor: string | null = null; ;) {
        const page = kv.list({ limit: 3, cursor });
        seen.push(...page.items.map(({ key }) => key));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(sorted);
      const under = (prefix: string) => kv.list({ prefix }).items.map(({ key }) => key);
      expect(under("a:")).toEqual(["a:%", "a:1", "a:2", "a:_"]);
      expect(under("a:%")).toEqual(["a:%"]);
      expect(under("\u{1f600}")).toEqual(["\u{1f600}"]);
      expect(kv.list({ prefix: "a:", cursor: "a:1" }).items).toHaveLength(2);
      expect(kv.list({ prefix: "a:", cursor: "Z" }).items).toHaveLength(4);
      expect(kv.list({ prefix: "a:", limit: 4 }).nextCursor).toBeNull();
    }));

  it("ends a page of large values early, and continues", () =>
    withKv(({ kv }) => {
      for (let index = 0; index < 10; index++) kv.set(`key${index}`, "x".repeat(1_000_000));
      const first = kv.list();
      expect(first.items).toHaveLength(4);
      expect(first.nextCursor).toBe("key3");
      expect(kv.list({ cursor: "key7" })).toMatchObject({
        items: [{ key: "key8" }, { key: "key9" }],
        nextCursor: null,
      });
    }));

  it.each([0, -1, 1_001, 1e9, 1.5, Number.NaN, "1;drop", null])("refuses a limit of %j with BAD_REQUEST", (limit) =>
    withKv(({ kv }) => {
      expect(codeOf(() => kv.list({ limit: limit as number }))).toBe("BAD_REQUEST");
    }),
  );
});

describe("increment", () => {
  it.each(["1", true, 1n, [1], { a: 1 }, null])("does not add to %s", (value) =>
    withKv(({ kv }) => {
      kv.set("key", value);
      expect(codeOf(() => kv.increment("key"))).toBe("BAD_REQUEST");
      expect(kv.get("key")).toEqual(value);
    }),
  );

  it.each([Number.NaN, Infinity, "1", null, 1n, {}])("does not add %s", (by) =>
    withKv(({ kv }) => {
      expect(codeOf(() => kv.increment("key", by as number))).toBe("BAD_REQUEST");
      expect(kv.get("key")).toBeUndefined();
    }),
  );

  it("leaves the number when the sum cannot be stored, or is refused by the schema", () =>
    withKv(
      ({ kv }) => {
        kv.set("large", Number.MAX_VALUE);
        expect(codeOf(() => kv.increment("large", Number.MAX_VALUE))).toBe("BAD_REQUEST");
        kv.set("visits", 9);
        expect(kv.increment("visits")).toBe(10);
        expect(codeOf(() => kv.increment("visits"))).toBe("BAD_REQUEST");
        expect(kv.get("visits")).toBe(10);
      },
      { visits: z.number().max(10) },
    ));
});

function compare(one: Uint8Array, other: Uint8Array): number {
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    if (one[index] !== other[index]) return (one[index] ?? 0) - (other[index] ?? 0);
  }
  return one.length - other.length;
}
