import { TRPCError } from "@trpc/server";
import fc from "fast-check";
import superjson, { SuperJSON } from "superjson";
import { describe, expect, test } from "vitest";
import { transformer } from "../../src/router/transformer.js";

/** The value that the server receives when a stock client sends this one. */
const sent = (value: unknown): unknown =>
  transformer.input.deserialize(JSON.parse(JSON.stringify(superjson.serialize(value))));

/** The value that the server parses from a request's text. */
const received = (text: string): unknown => transformer.input.deserialize(JSON.parse(text));

function refusalOf(act: () => unknown): TRPCError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(TRPCError);
    expect(error).toMatchObject({ code: "BAD_REQUEST" });
    return error as TRPCError;
  }
  throw new Error("It was accepted.");
}

describe("an accepted value arrives unchanged", () => {
  const shared = { at: new Date(5) };

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["numbers that JSON has no word for", [Number.NaN, Infinity, -Infinity, -0, 0]],
    ["a Date", new Date(1)],
    ["a Date before Christ", new Date(-8.64e15)],
    ["a bigint", -(10n ** 40n - 1n)],
    ["bytes", { empty: new Uint8Array(), some: new Uint8Array([0, 127, 255]) }],
    ["undefined among others", { a: undefined, b: [undefined, 1] }],
    ["a Set of Dates", new Set([new Date(1), "x", new Date(2), undefined])],
    ["a Map by Dates", new Map([[new Date(1), new Set([1n])]])],
    ["a Map by Maps", new Map([[new Map([[1, new Map([[undefined, Number.NaN]])]]), [new Set([new Set([-0])])]]])],
    ["a Map whose keys name prototypes", new Map([["__proto__", 1]])],
    [
      "keys with dots and backslashes",
      { "a.b": { "c\\.d": new Date(1), "\\": 1n }, "": undefined, "\\\\.": new Set() },
    ],
    ["keys that look like indexes", { 0: new Date(1), "00": { 1: undefined } }],
    ["one object in two places", { first: shared, second: [shared, { third: shared }] }],
    ["one Set in two places", ((set) => [set, set])(new Set([new Date(1)]))],
  ])("as %s", (_, value) => {
    expect(sent(value)).toStrictEqual(value);
  });

  const key = fc
    .string({ unit: "grapheme" })
    .filter((name) => !["__proto__", "constructor", "prototype"].includes(name));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "grapheme" }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0),
      fc.bigInt({ min: -(10n ** 40n) + 1n, max: 10n ** 40n - 1n }),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
      fc.array(tie("value"), { maxLength: 5 }).map((values) => new Set(values)),
      fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
    ),
  }));

  test("for random values", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(sent(one)).toStrictEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  test("for random values with shared parts", () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(sent([one, other, { one, other }, new Map([[1, one]])])).toStrictEqual([
          one,
          other,
          { one, other },
          new Map([[1, one]]),
        ]);
      }),
    );
  });
});

describe("a value that is not accepted fails with BAD_REQUEST", () => {
  class Point {
    x = 1;
  }
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const shared = { a: 1 };

  test.each<[string, unknown, string]>([
    ["a RegExp", { search: /(a+)+$/ }, "RegExp"],
    ["an Error", new Error("x"), "Error"],
    ["a URL", new URL("https://example.com"), "URL"],
    ["floats", new Float64Array(2), "Uint8Array"],
    ["a bigint of 41 digits", 10n ** 40n, "40 digits"],
    ["a cycle", cycle, "inside itself"],
    ["half a surrogate pair", "\ud83d", "surrogate"],
  ])("as %s", (_, value, message) => expect(refusalOf(() => sent(value)).message).toContain(message));

  test("as an instance of a registered class", () => {
    const own = new SuperJSON();
    own.registerClass(Point);
    expect(refusalOf(() => transformer.input.deserialize(own.serialize(new Point()))).message).toContain("class");
  });

  test("with repeated objects that the client left out", () => {
    const payload = new SuperJSON({ dedupe: true }).serialize({ a: shared, b: shared });
    expect(refusalOf(() => transformer.input.deserialize(payload)).message).toContain("dedupe");
  });
});

describe("a hostile input is rejected at once and changes no prototype", () => {
  const deep = 20_000;
  test.each([
    ["a prototype in a path", '{"json":{},"meta":{"values":{"__proto__.x":["Date"]}}}'],
    ["a prototype as a key", '{"json":{"__proto__":{"x":1}}}'],
    ["a constructor in a path", '{"json":{"a":1},"meta":{"values":{"constructor.prototype":["Date"]}}}'],
    [
      "a constructor in a reference",
      '{"json":{"a":{}},"meta":{"referentialEqualities":{"a":["constructor.prototype.x"]}}}',
    ],
    ["a typed array of a length", '{"json":1000000000,"meta":{"values":[["typed-array","Float64Array"]]}}'],
    ["bytes of a length", '{"json":1000000000,"meta":{"values":[["typed-array","Uint8Array"]]}}'],
    ["100,000 references", `{"json":{"a":{}},"meta":{"referentialEqualities":{"a":[${'"x.y",'.repeat(100_000)}"x"]}}}`],
    ["a method in a reference", '{"json":{"b":{},"c":1},"meta":{"referentialEqualities":{"b.toString":["c"]}}}'],
    ["a regular expression", '{"json":"/(a+)+$/","meta":{"values":["regexp"]}}'],
    ["a bigint of 300,000 digits", `{"json":"${"9".repeat(300_000)}","meta":{"values":["bigint"]}}`],
    ["an invalid date", '{"json":"never","meta":{"values":["Date"]}}'],
    ["deep annotations", `{"json":[],"meta":{"values":${'{"a":'.repeat(deep)}["Date"]${"}".repeat(deep)}}}`],
    ["deep JSON", `{"json":${"[".repeat(deep)}${"]".repeat(deep)}}`],
  ])("with %s: %.60s", (_, text) => {
    refusalOf(() => received(text));
    expect(Reflect.ownKeys(Object.prototype)).not.toContain("x");
  });
});

test.each([
  ["INPUT_TOO_DEEP", `{"json":${"[".repeat(65)}${"]".repeat(65)}}`],
  ["INPUT_TOO_COMPLEX", `{"json":[${"0,".repeat(100_000)}0]}`],
  ["INPUT_TOO_COMPLEX", JSON.stringify({ json: Array(100_001).fill(null), meta: { values: {} } })],
  ["INPUT_MALFORMED", '{"json":"never","meta":{"values":["Date"]}}'],
  ["INPUT_MALFORMED", "[1]"],
])("rejects an input with the reason %s", (reason, text) => {
  expect(refusalOf(() => received(text))).toMatchObject({ reason });
});

test("serializes results with superjson, without these limits", () => {
  for (const value of [/x/g, new URL("https://example.com/"), new Float64Array([1.5])]) {
    expect(transformer.output.deserialize(transformer.output.serialize(value))).toEqual(value);
  }
});

test("does not change the payload", () => {
  const payload = { json: { at: new Date(1).toISOString(), zero: -0 }, meta: { values: { at: ["Date"] }, v: 1 } };
  const before = structuredClone(payload);
  transformer.input.deserialize(payload);
  expect(payload).toStrictEqual(before);
});
