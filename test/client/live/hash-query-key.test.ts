import { hashKey } from "@tanstack/query-core";
import fc from "fast-check";
import superjson from "superjson";
import { expect, it } from "vitest";
import { hashQueryKey } from "../../../src/client/live/hash-query-key.js";
import { copyValue, superjsonValue } from "../../fixtures/superjson-value.js";

/**
 * A copy with the keys of objects in the reverse order. superjson cannot create it, because it moves some keys of Maps.
 */
const copyReversed = (original: unknown): unknown => copyValue(original, (entries) => entries.toReversed());

/** A canonical form of a value: superjson's output, with sorted keys, and without keys that are undefined. */
function canonical(original: unknown): string {
  const { json, meta } = superjson.serialize(sorted(original));
  return JSON.stringify([json, meta?.values ?? null]);
}

function sorted(original: unknown): unknown {
  if (Array.isArray(original)) return original.map(sorted);
  if (original instanceof Map) return new Map([...original].map(([key, item]) => [sorted(key), sorted(item)]));
  if (original instanceof Set) return new Set([...original].map(sorted));
  if (typeof original !== "object" || original === null || Object.getPrototypeOf(original) !== Object.prototype) {
    return original;
  }
  const entries = Object.entries(original).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}

it("hashes equal keys alike, whatever the order of their objects' keys", () => {
  fc.assert(
    fc.property(superjsonValue, (input) => {
      expect(hashQueryKey([["posts", "list"], { input: copyReversed(input) }])).toBe(
        hashQueryKey([["posts", "list"], { input }]),
      );
    }),
    { numRuns: 500 },
  );
});

const boxed = fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom(0, -0, 1, Number.NaN, true, false)).map(Object);

/** Values of a query's input. superjson writes a boxed primitive as JSON does, so it arrives as the primitive. */
const inputValue = fc.oneof(
  { weight: 4, arbitrary: superjsonValue },
  boxed,
  boxed.map((value: object) => value.valueOf()),
  fc.array(boxed, { maxLength: 2 }),
  fc.record({ a: boxed }),
  boxed.map((item) => new Map([["a", item]])),
  boxed.map((item) => new Set([item])),
);

it("hashes different values differently", () => {
  fc.assert(
    fc.property(inputValue, inputValue, (one, other) => {
      expect(hashQueryKey([one]) === hashQueryKey([other])).toBe(canonical(one) === canonical(other));
    }),
    { numRuns: 1_000 },
  );
});

it.each([
  [[1n], ["1"]],
  [[1n], [1]],
  [[new Date(0)], ["1970-01-01T00:00:00.000Z"]],
  [[new URL("https://example.com/")], ["https://example.com/"]],
  [[new Map([["a", 1]])], [{}]],
  [[new Map([["a", 1]])], [[["a", 1]]]],
  [[new Map([["a", 1]])], [new Map([["a", 2]])]],
  [[new Set([1])], [[1]]],
  [[new Set([1, 2])], [new Set([2, 1])]],
  [[undefined], [null]],
  [[Number.NaN], [null]],
  [[Number.NaN], ["NaN"]],
  [[-0], [0]],
  [[Infinity], [null]],
  [[new Uint8Array([1])], [[1]]],
  [[new Uint8Array([1])], [new Int8Array([1])]],
  [[new Map([[{ a: 1, b: 2 }, 1]])], [new Map([[{ a: 1, b: 3 }, 1]])]],
])("hashes different keys differently: %#", (one, other) => {
  expect(hashQueryKey(one)).not.toBe(hashQueryKey(other));
});

it.each([
  [new String("a"), "a"],
  [new String(""), ""],
  [new Number(1), 1],
  [new Number(0), 0],
  [new Boolean(false), false],
  [new Boolean(true), true],
  [new (class Name extends String {})("a"), "a"],
])("hashes a wrapper object as its primitive, as superjson sends it: %#", (object, primitive) => {
  expect(hashQueryKey([object])).toBe(hashQueryKey([primitive]));
  expect(hashQueryKey([object])).toBe(hashKey([object]));
  expect(hashQueryKey([{ a: [object] }])).toBe(hashQueryKey([{ a: [primitive] }]));
});

it.each([[Object(1n)], [{ a: Object(1n) }], [[Object(1n)]], [new Map([["a", Object(1n)]])], [new Set([Object(1n)])]])(
  "rejects a bigint wrapper object, which superjson cannot send: %#",
  (value) => {
    expect(() => hashQueryKey([value])).toThrow("A query key contains a BigInt object");
    expect(() => JSON.stringify(superjson.serialize(value))).toThrow();
  },
);

it("returns TanStack Query's hash for JSON keys", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      // TanStack Query loses a key of this name.
      fc.pre(!text.includes("__proto__"));
      // JSON writes -0 as 0.
      const input: unknown = JSON.parse(JSON.stringify(JSON.parse(text)));
      const key = [["posts", "list"], { input, type: "query" }];
      expect(hashQueryKey(key)).toBe(hashKey(key));
    }),
  );
  expect(hashQueryKey([{ b: 1, a: undefined }])).toBe(hashKey([{ a: undefined, b: 1 }]));
  expect(hashQueryKey([{ b: 1, a: undefined }])).toBe(hashQueryKey([{ b: 1 }]));
});

it("hashes cycles, class instances, and names that superjson rejects", () => {
  const cycle: Record<string, unknown> = { name: "a" };
  cycle["self"] = cycle;
  expect(hashQueryKey([cycle])).not.toBe(hashQueryKey([{ name: "a", self: null }]));
  class Money {
    readonly cents = 1n;
  }
  expect(hashQueryKey([new Money()])).toBe(hashQueryKey([new Money()]));
  expect(hashQueryKey([{ constructor: 1 }])).not.toBe(hashQueryKey([{ constructor: 2 }]));
  expect(() => hashQueryKey([new Date(Number.NaN), () => {}, Symbol("a")])).not.toThrow();
});
